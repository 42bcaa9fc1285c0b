from django.urls import path

from trunks.hours import views

app_name = "hours"
urlpatterns = [
    path("", views.edit, name="edit"),
    path("regions/", views.regions, name="regions"),
    path("holidays/", views.holidays, name="holidays"),
    path("holidays/add/", views.add, name="add"),
    path("holidays/import/", views.add_from_file, name="import"),
    path("holidays/<int:pk>/", views.edit_holiday, name="holiday"),
    path("holidays/<int:pk>/delete/", views.delete, name="delete"),
]
