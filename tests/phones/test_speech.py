from . import rtp, speech


def test_speech_is_found_and_other_speech_is_not() -> None:
    said = [rtp.linear(byte) for byte in speech.spoken(4)]
    late = [0] * 37 + [sample // 3 for sample in said]
    assert speech.missing(said, late, 0.98) == []
    lost = late[:13_000] + late[13_160:]  # a packet
    assert speech.missing(said, lost, 0.98) == []
    noisy = late[:8_000] + late[2_000:8_000] + late[14_000:]
    assert [1 <= at < 2 for at in speech.missing(said, noisy, 0.98)] == [True, True]
    assert speech.missing(said, said[::-1], 0.98) != []
