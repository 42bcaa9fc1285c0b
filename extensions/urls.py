from django.urls import path

from extensions import views

app_name = "extensions"
urlpatterns = [
    path("", views.index, name="list"),
    path("add/", views.add, name="add"),
    path("status/", views.statuses, name="status"),
    path("strength/", views.strength, name="strength"),
    path("<str:number>/", views.detail, name="detail"),
    path("<str:number>/edit/", views.edit, name="edit"),
    path("<str:number>/delete/", views.delete, name="delete"),
    path("<str:number>/toggle/", views.toggle, name="toggle"),
    path("<str:number>/registration-password/", views.reveal, name="reveal"),
]
