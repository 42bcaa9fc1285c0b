from django.urls import path

from accounts import organizations

app_name = "organizations"
urlpatterns = [
    path("", organizations.index, name="list"),
    path("add/", organizations.add, name="add"),
    path("choices/", organizations.choices, name="choices"),
    path("parents/", organizations.parents, name="parents"),
    path("<int:department>/", organizations.detail, name="detail"),
    path("<int:department>/rename/", organizations.rename, name="rename"),
    path("<int:department>/move/", organizations.move, name="move"),
    path("<int:department>/delete/", organizations.delete, name="delete"),
]
