"""What was heard: recordings against the prompts on disk, and the tones each party sends.

Samples are float arrays at 8 kHz, mono, in -1..1.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 8000
Samples = NDArray[np.float32]


def read_wav(path: Path) -> Samples:
    """A PCM WAV of any rate as 8 kHz samples; empty when it is missing or not such a file.

    Asterisk writes the header's length when it closes the file, so an open recording is read by its size.
    """
    try:
        with wave.open(str(path), "rb") as file:
            width, rate, channels = file.getsampwidth(), file.getframerate(), file.getnchannels()
        raw = path.read_bytes()[44:]
    except (OSError, wave.Error, EOFError):
        return np.zeros(0, np.float32)
    if width != 2 or rate < RATE:
        return np.zeros(0, np.float32)
    samples = np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.float32) / 32768
    return samples[::channels][:: rate // RATE].astype(np.float32)


def is_complete(path: Path) -> bool:
    """Whether a recording is closed: its header then tells its length. A file that is not there has nothing to wait for."""
    try:
        with path.open("rb") as file:
            header = file.read(44)
            size = file.seek(0, 2)
    except FileNotFoundError:
        return True
    return len(header) == 44 and size > 44 and int.from_bytes(header[40:44], "little") == size - 44


def likeness(heard: Samples, prompt: Samples, seconds: float = 2.0) -> float:
    """How surely the prompt's beginning was heard: the peak of the normalised cross-correlation, 0..1.

    About 0.95 for mu-law, above 0.6 for GSM, below 0.2 for other speech. 0 when either is too short to tell.
    """
    spoken = _without_leading_silence(prompt)
    # A recording may miss the end of a short prompt, when the call ends with it.
    trimmed = spoken[: int(min(seconds, len(heard) / RATE, 0.7 * len(spoken) / RATE) * RATE)]
    if len(trimmed) < RATE // 4 or len(heard) < len(trimmed):
        return 0.0
    size = 1 << int(np.ceil(np.log2(len(heard) + len(trimmed))))
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(trimmed, size))
    correlation = np.fft.irfft(spectrum, size)[: len(heard) - len(trimmed) + 1]
    energy = np.concatenate([[0.0], np.cumsum(heard.astype(np.float64) ** 2)])
    window = energy[len(trimmed) :] - energy[: -len(trimmed)]
    own = float(np.sum(trimmed.astype(np.float64) ** 2))
    scale = np.sqrt(np.maximum(window, own * 1e-3) * own)
    return float(np.clip(np.max(correlation / scale, initial=0.0), 0.0, 1.0))


def _without_leading_silence(samples: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(samples) > 0.02)
    return samples[loud[0] :] if len(loud) else samples[:0]


def is_silent(samples: Samples) -> bool:
    """Whether nothing audible is in it (a prompt that plays but says nothing)."""
    return len(samples) == 0 or float(np.max(np.abs(samples))) < 0.005


def has_tone(samples: Samples, hertz: float) -> bool:
    """Whether a steady tone of that frequency is in it for at least 0.2 s."""
    block = RATE // 5
    if len(samples) < block:
        return False
    blocks = samples[: len(samples) // block * block].reshape(-1, block)
    spectrum = np.abs(np.fft.rfft(blocks * np.hanning(block), axis=1)) ** 2
    bin_ = round(hertz * block / RATE)
    share = spectrum[:, bin_ - 1 : bin_ + 2].sum(axis=1) / np.maximum(spectrum.sum(axis=1), 1e-9)
    loud = np.sqrt((blocks**2).mean(axis=1)) > 0.005
    return bool(np.any((share > 0.5) & loud))
