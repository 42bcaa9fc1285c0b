from django.urls import include, path

from trunks import announcement_views, emergency_views, group_views, inbound_views, views
from trunks.outbound import views as outbound_views
from trunks.trunks import views as trunk_views

trunks = [
    path("", trunk_views.index, name="list"),
    path("add/", trunk_views.add, name="add"),
    path("<int:pk>/", trunk_views.detail, name="detail"),
    path("<int:pk>/edit/", trunk_views.edit, name="edit"),
    path("<int:pk>/delete/", trunk_views.delete, name="delete"),
    path("<int:pk>/test/", trunk_views.test, name="test"),
    path("<int:pk>/toggle/", trunk_views.toggle, name="toggle"),
    path("<int:pk>/move/", trunk_views.move, name="move"),
]
outbound = [
    path("", outbound_views.index, name="list"),
    path("add/", outbound_views.add, name="add"),
    path("departments/", outbound_views.departments, name="departments"),
    path("<int:pk>/", outbound_views.edit, name="edit"),
    path("<int:pk>/delete/", outbound_views.delete, name="delete"),
    path("<int:pk>/toggle/", outbound_views.toggle, name="toggle"),
    path("<int:pk>/move/", outbound_views.move, name="move"),
]
inbound = [
    path("", inbound_views.index, name="list"),
    path("add/", inbound_views.add, name="add"),
    path("<int:pk>/", inbound_views.edit, name="edit"),
    path("<int:pk>/delete/", inbound_views.delete, name="delete"),
    path("<int:pk>/toggle/", inbound_views.toggle, name="toggle"),
]
groups = [
    path("", group_views.index, name="list"),
    path("add/", group_views.add, name="add"),
    path("<int:pk>/", group_views.edit, name="edit"),
    path("<int:pk>/delete/", group_views.delete, name="delete"),
    path("<int:pk>/toggle/", group_views.toggle, name="toggle"),
]
announcements = [
    path("", announcement_views.index, name="list"),
    path("add/", announcement_views.add, name="add"),
    path("<int:pk>/", announcement_views.edit, name="edit"),
    path("<int:pk>/sound/", announcement_views.sound, name="sound"),
    path("<int:pk>/delete/", announcement_views.delete, name="delete"),
    path("<int:pk>/toggle/", announcement_views.toggle, name="toggle"),
]
urlpatterns = [
    path("trunks/", include((trunks, "trunks"))),
    path("outbound-routes/", include((outbound, "outbound_routes"))),
    path("inbound-routes/", include((inbound, "inbound_routes"))),
    path("ring-groups/", include((groups, "ring_groups"))),
    path("announcements/", include((announcements, "announcements"))),
    path("business-hours/", include("trunks.hours.urls")),
    path("emergency/", emergency_views.edit, name="emergency"),
    path("lines/apply/", views.apply, name="apply_lines"),
    path("lines/discard/", views.discard, name="discard_lines"),
]
