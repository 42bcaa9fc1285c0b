from django.urls import path

from core.events import views

app_name = "events"
urlpatterns = [
    path("", views.index, name="list"),
    path("test/", views.test, name="test"),
]
