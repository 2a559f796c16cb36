"""What was heard: a prompt is known by its sound through the telephone, and other speech is not taken for it."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringkeep.lab import sound

SOUNDS = Path(__file__).parents[2] / "samples/saba/var/lib/asterisk/sounds"
NAMES = ("welcome", "menu-main", "closed", "goodbye", "lines-busy")


def prompt(name: str, language: str = "en") -> sound.Samples:
    return sound.read_wav(SOUNDS / language / "custom" / f"{name}.wav")


def through_mu_law(samples: sound.Samples) -> sound.Samples:
    """Companded to 8 bits and back (ITU-T G.711, the continuous curve)."""
    code = np.round(127 * np.sign(samples) * np.log1p(255 * np.abs(samples)) / np.log(256)) / 127
    return (np.sign(code) * (256 ** np.abs(code) - 1) / 255).astype(np.float32)


def later(samples: sound.Samples, seconds: float = 0.5) -> sound.Samples:
    """As the caller records it: some silence before, quieter, with the line's noise."""
    noise = np.random.default_rng(1).normal(0, 0.001, int(seconds * sound.RATE) + len(samples))
    return (noise + np.concatenate([np.zeros(int(seconds * sound.RATE)), samples * 0.7])).astype(np.float32)


def written(path: Path, samples: sound.Samples, rate: int = sound.RATE, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def tone(hertz: float, seconds: float = 1.0, rate: int = sound.RATE) -> sound.Samples:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_is_recognised_through_mu_law(name: str, language: str) -> None:
    own = prompt(name, language)
    assert sound.likeness(through_mu_law(later(own)), own) > 0.9


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("other", NAMES)
def test_other_speech_is_not_taken_for_a_prompt(name: str, other: str) -> None:
    language = "fa" if name == other else "en"
    assert sound.likeness(through_mu_law(later(prompt(other, language))), prompt(name)) < 0.3


def test_silence_and_noise_are_no_prompt() -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, 30_000).astype(np.float32)
    assert sound.likeness(np.zeros(30_000, np.float32), prompt("welcome")) == 0
    assert sound.likeness(noise, prompt("welcome")) < 0.3


def test_a_moment_of_sound_is_too_short_to_tell() -> None:
    assert sound.likeness(prompt("welcome")[:1000], prompt("welcome")) == 0


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1, width=32), max_size=60), st.lists(st.floats(-1, 1, width=32), max_size=60))
def test_a_likeness_is_between_nothing_and_certainty(heard: list[float], own: list[float]) -> None:
    both = [np.repeat(np.array(one, np.float32), 100) for one in (heard, own)]
    assert 0 <= sound.likeness(*both) <= 1


@pytest.mark.parametrize(("hertz", "wanted"), [(440, True), (620, False), (850, False)])
def test_a_tone_is_told_from_the_others(hertz: float, wanted: bool) -> None:
    assert sound.has_tone(through_mu_law(later(tone(hertz))), 440) is wanted


def test_speech_is_no_tone() -> None:
    assert not any(sound.has_tone(prompt(name), hertz) for name in NAMES for hertz in (440, 620, 850))


def test_a_prompt_of_silence_is_silent_and_speech_is_not() -> None:
    assert sound.is_silent(np.zeros(8000, np.float32)) and sound.is_silent(np.zeros(0, np.float32))
    assert not sound.is_silent(prompt("welcome"))


# -- files ----------------------------------------------------------------------------------------------------


def test_a_recording_is_complete_when_its_header_tells_its_length(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", tone(440))
    assert sound.is_complete(path)
    with path.open("ab") as file:
        file.write(b"\0\0" * 100)  # Asterisk is still writing
    assert not sound.is_complete(path)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"\0" * 44])
def test_a_recording_just_begun_is_not_complete(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    assert not sound.is_complete(tmp_path / "a.wav")


def test_a_recording_that_is_not_there_has_nothing_to_wait_for(tmp_path: Path) -> None:
    assert sound.is_complete(tmp_path / "gone.wav")


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 1), (8000, 2), (48000, 2)])
def test_any_rate_and_both_channels_become_telephone_audio(tmp_path: Path, rate: int, channels: int) -> None:
    samples = np.repeat(tone(440, rate=rate), channels)
    read = sound.read_wav(written(tmp_path / "a.wav", samples, rate, channels))
    assert len(read) == sound.RATE and sound.has_tone(read, 440)


@pytest.mark.parametrize("content", [b"", b"RIFF....WAVE", b"no sound at all" * 100])
def test_what_is_no_recording_is_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    assert len(sound.read_wav(tmp_path / "a.wav")) == 0
