from django.urls import path

from accounts.roles import views

app_name = "roles"
urlpatterns = [
    path("", views.index, name="list"),
    path("add/", views.add, name="add"),
    path("choices/", views.choices, name="choices"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/copy/", views.copy, name="copy"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/delete/", views.delete, name="delete"),
]
