"""One place knows which PBX there is; whoever speaks to one is told which."""

import re
from dataclasses import fields, replace
from pathlib import Path

from pytest_django.fixtures import Settings

from asterisk import backend, nodes
from asterisk.backend import Asterisk
from tests.test_layers import modules

OF_A_NODE = re.compile(r"settings\.(ENGINE_FILE|LIVE_FILE|ASTERISK_DIR|RTP_PORTS|(AMI|ARI|SIP)_\w+)")
MAKERS = {
    "asterisk.backend",
    "asterisk.process.certificate",
    "asterisk.views",
    "pbxportal.conditions",
    "pbxportal.dashboard.figures",
    "pbxportal.front.server",
    "pbxportal.monitor",
    "pbxportal.pbx_settings.network_forms",
    "pbxportal.context_processors",
    "pbxportal.pbx_settings.network_views",
}


def sources() -> dict[str, str]:
    return {name: path.read_text() for name, path in modules().items() if name.startswith(("asterisk.", "pbxportal."))}


def test_only_nodes_reads_from_settings_what_a_node_is() -> None:
    found = {name for name, text in sources().items() if OF_A_NODE.search(text)}
    assert found == {"asterisk.nodes"}


def test_only_the_top_makes_a_node() -> None:
    found = {
        name for name, text in sources().items() if "nodes.from_settings" in text or "import from_settings" in text
    }
    assert {name for name in found if ".management." not in name} == MAKERS


def test_each_part_of_a_node_is_set_by_a_setting_of_its_own(settings: Settings, tmp_path: Path) -> None:
    settings.ASTERISK_DIR, settings.ENGINE_FILE, settings.LIVE_FILE = (tmp_path / name for name in "ael")
    settings.SIP_BIND, settings.SIP_PORT, settings.SIP_TLS_PORT, settings.RTP_PORTS = "192.0.2.1", 1, 6, (2, 3)
    settings.AMI_HOST, settings.AMI_PORT, settings.AMI_USER, settings.AMI_SECRET = "192.0.2.2", 4, "mia", "mim"
    settings.ARI_HOST, settings.ARI_PORT, settings.ARI_USER, settings.ARI_SECRET = "192.0.2.3", 5, "ria", "rim"
    node = nodes.from_settings()
    assert [getattr(node, each.name) for each in fields(node)] == [
        tmp_path / "a", tmp_path / "e", tmp_path / "l", "192.0.2.1", 1, 6, 2, 3,
        "192.0.2.2", 4, "mia", "mim", "192.0.2.3", 5, "ria", "rim",
    ]  # fmt: skip
    assert not any(secret in repr(node) for secret in ("mim", "rim"))


def test_what_one_node_said_is_not_held_for_the_word_of_another() -> None:
    one = nodes.from_settings()
    assert backend._seen(one) is backend._seen(nodes.from_settings())
    assert backend._seen(one) is not backend._seen(replace(one, ami_port=9))


def test_a_backend_speaks_to_the_node_that_it_is_given() -> None:
    there = replace(nodes.from_settings(), sip_bind="192.0.2.7", sip_port=5062)
    assert Asterisk(there).address() == ("192.0.2.7", 5062)


def test_the_network_is_kept_where_no_folder_is_yet(tmp_path: Path) -> None:
    directory = tmp_path / "var" / "asterisk"
    assert nodes.kept_network(directory) == nodes.Network()
    kept = nodes.Network(outside="192.0.2.1", sip_port=5070)
    nodes.keep_network(directory, kept)
    assert nodes.kept_network(directory) == kept
    assert directory.stat().st_mode & 0o077 == 0
    for text in ("no network", '{"unknown": 1}', "[1]"):
        (directory / nodes.NETWORK_FILE).write_text(text)
        assert nodes.kept_network(directory) == nodes.Network()
