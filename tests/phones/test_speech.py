from . import rtp, speech


def test_speech_is_found_and_other_speech_is_not() -> None:
    said = [rtp.linear(byte) for byte in speech.spoken(2)]
    other = [rtp.linear(byte) for byte in speech.spoken(1)]
    piece = said[9_000 : 9_000 + speech.PIECE]
    quieter = [0] * 37 + [sample // 3 for sample in said]
    assert speech.find(piece, quieter) == 9_037
    assert speech.find(piece, other[:8_000]) == -1
    assert speech.find(piece, said[5_000 : 9_000 + speech.PIECE // 2]) == -1
