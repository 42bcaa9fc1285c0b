from django.urls import path

from asterisk import views

app_name = "history"
urlpatterns = [
    path("", views.index, name="list"),
    path("<int:pk>/", views.run, name="run"),
    path("<int:pk>/undo/", views.undo, name="undo"),
    path("back/", views.back, name="back"),
]
