"""A phone that is not ours: baresip registers with what the page tells people to type, and hears itself."""

import subprocess
import wave
from pathlib import Path

from django.conf import settings

from asterisk.process.embedded import Embedded
from extensions.models import SipExtension
from tests.node import apply
from tests.people import make_extension
from tests.phones.rtp import RATE, Heard, linear, tone, ulaw

MODULES = ("account", "aufile", "aubridge", "g711", "menu", "sndfile")
CONFIG = """
module_path /usr/lib/baresip/modules
{modules}
audio_source aufile,{directory}/tone.wav
audio_player aubridge,nowhere
snd_path {directory}
sip_listen 127.0.0.1:0
net_interface 127.0.0.1
"""


def write_config(directory: Path, extension: SipExtension) -> None:
    modules = "\n".join(f"module {name}.so" for name in MODULES)
    (directory / "config").write_text(CONFIG.format(modules=modules, directory=directory))
    (directory / "accounts").write_text(
        f"<sip:{extension.number}@127.0.0.1:{settings.SIP_PORT};transport=udp>"
        f";auth_user={extension.registration_name};auth_pass={extension.registration_password}\n"
    )
    (directory / "contacts").touch()
    with wave.open(str(directory / "tone.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(b"".join(linear(byte).to_bytes(2, "little", signed=True) for byte in tone(440) * 8))


def heard_by(recording: Path) -> Heard:
    heard = Heard()
    with wave.open(str(recording)) as sound:
        frames = sound.readframes(sound.getnframes())
    samples = [int.from_bytes(frames[i : i + 2], "little", signed=True) for i in range(0, len(frames) - 1, 2)]
    for start in range(0, len(samples), 160):
        heard.add(bytes(ulaw(sample) for sample in samples[start : start + 160]))
    return heard


def test_baresip_registers_and_hears_its_own_tone_on_the_echo_test(asterisk: Embedded, tmp_path: Path) -> None:
    extension = make_extension()
    apply([extension.number], None)
    write_config(tmp_path, extension)
    command = ["baresip", "-4", "-f", str(tmp_path), "-t", "4", "-e", "/dial *43"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert "200 OK (pbxportal)" in ran.stdout, ran.stdout
    recording = next(tmp_path.glob("dump-*-dec.wav"), None)
    assert recording, ran.stdout
    heard = heard_by(recording)
    assert abs(heard.frequency - 440) < 5, heard
    assert heard.level > 0.2, heard
