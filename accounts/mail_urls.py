from django.urls import path

from accounts import mail

app_name = "mail"
urlpatterns = [
    path("", mail.index, name="list"),
    path("<int:pk>/again/", mail.send_again, name="again"),
    path("<int:pk>/discard/", mail.discard, name="discard"),
]
