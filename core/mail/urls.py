from django.urls import path

from core.mail import views as mail_views

app_name = "mail"
urlpatterns = [
    path("", mail_views.index, name="list"),
    path("<int:pk>/again/", mail_views.send_again, name="again"),
    path("<int:pk>/discard/", mail_views.discard, name="discard"),
]
