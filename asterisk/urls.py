from django.urls import path

from asterisk import views

app_name = "history"
urlpatterns = [
    path("", views.index, name="list"),
    path("<int:pk>/", views.run, name="run"),
    path("<int:pk>/undo/", views.undo, name="undo"),
    path("check/", views.checks, name="checks"),
    path("check/now/", views.check_now, name="check_now"),
    path("check/repair/", views.repair, name="repair"),
    path("back/", views.back, name="back"),
]
