from django.urls import path

from accounts.organizations import views as organizations_views

app_name = "organizations"
urlpatterns = [
    path("", organizations_views.index, name="list"),
    path("add/", organizations_views.add, name="add"),
    path("choices/", organizations_views.choices, name="choices"),
    path("parents/", organizations_views.parents, name="parents"),
    path("<int:department>/", organizations_views.detail, name="detail"),
    path("<int:department>/rename/", organizations_views.rename, name="rename"),
    path("<int:department>/move/", organizations_views.move, name="move"),
    path("<int:department>/delete/", organizations_views.delete, name="delete"),
]
