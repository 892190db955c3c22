"""Runs other detectors of speech, for the tables of `cargo xtask bench voice`.

usage: peers.py FOLDER TEN_MINUTES < NAMES

Reads the WAV files of FOLDER whose names are on stdin (16 kHz, 16 bits, mono), and writes to
FOLDER/peers.json the segments that each detector finds in each of them, and how fast it is on the file
TEN_MINUTES. Results for files that have not changed since the last time are kept.
"""

import importlib.metadata
import importlib.util
import json
import multiprocessing
import os
import pathlib
import sys
import time
import wave
import zlib

import numpy
import onnxruntime
import webrtcvad

RATE = 16000

# The defaults of silero's get_speech_timestamps.
THRESHOLD, NEG_THRESHOLD = 0.5, 0.35
MIN_SPEECH = RATE * 250 // 1000
MIN_SILENCE = RATE * 100 // 1000
SPEECH_PAD = RATE * 30 // 1000
WINDOW, CONTEXT = 512, 64

# webrtcvad decides frames of 30 ms, and has no segments of its own: a segment begins with three frames of
# speech in a row, and ends with ten frames without.
FRAME = RATE * 30 // 1000
ONSET, HANGOVER = 3, 10


class Silero:
    """The model of the package silero-vad, run as its OnnxWrapper does, which needs torch."""

    def __init__(self):
        package = importlib.util.find_spec("silero_vad").submodule_search_locations[0]
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        model = os.path.join(package, "data", "silero_vad_16k_op15.onnx")
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(model, options, providers=providers)

    def segments(self, pcm):
        samples = numpy.frombuffer(pcm, "<i2").astype(numpy.float32) / 32768
        return timestamps(self.probabilities(samples), len(samples))

    def probabilities(self, samples):
        state = numpy.zeros((2, 1, 128), numpy.float32)
        padded = numpy.zeros(CONTEXT + -(-len(samples) // WINDOW) * WINDOW, numpy.float32)
        padded[CONTEXT : CONTEXT + len(samples)] = samples
        rate = numpy.array(RATE, numpy.int64)
        for start in range(0, len(samples), WINDOW):
            chunk = padded[None, start : start + CONTEXT + WINDOW]
            output, state = self.session.run(None, {"input": chunk, "state": state, "sr": rate})
            yield float(output[0, 0])


def timestamps(probabilities, length):
    """get_speech_timestamps_from_probs of silero_vad/utils_vad.py, without a maximum length."""
    speeches, start, end = [], None, None
    for index, probability in enumerate(probabilities):
        now = WINDOW * index
        if probability >= THRESHOLD:
            end = None
            if start is None:
                start = now
        elif probability < NEG_THRESHOLD and start is not None:
            end = now if end is None else end
            if now - end >= MIN_SILENCE:
                if end - start > MIN_SPEECH:
                    speeches.append([start, end])
                start = end = None
    if start is not None and length - start > MIN_SPEECH:
        speeches.append([start, length])
    return padded(speeches, length)


def padded(speeches, length):
    for speech, following in zip(speeches, speeches[1:] + [None]):
        if speech is speeches[0]:
            speech[0] = max(0, speech[0] - SPEECH_PAD)
        if following is None:
            speech[1] = min(length, speech[1] + SPEECH_PAD)
        else:
            silence = following[0] - speech[1]
            pads = (silence // 2,) * 2 if silence < 2 * SPEECH_PAD else (SPEECH_PAD,) * 2
            speech[1] = min(length, speech[1] + pads[0])
            following[0] = max(0, following[0] - pads[1])
    return [[start / RATE, end / RATE] for start, end in speeches]


class WebRtc:
    def __init__(self, mode):
        self.mode = mode

    def segments(self, pcm):
        vad = webrtcvad.Vad(self.mode)
        speeches, start, voiced, silent = [], None, 0, 0
        frames = len(pcm) // (2 * FRAME)
        for index in range(frames):
            speech = vad.is_speech(pcm[2 * FRAME * index : 2 * FRAME * (index + 1)], RATE)
            voiced, silent = (voiced + 1, 0) if speech else (0, silent + 1)
            if start is None and voiced == ONSET:
                start = index + 1 - ONSET
            if start is not None and silent == HANGOVER:
                speeches.append([start, index + 1 - HANGOVER])
                start = None
        if start is not None:
            speeches.append([start, frames - silent])
        return [[start * FRAME / RATE, end * FRAME / RATE] for start, end in speeches]


PACKAGES = ["silero-vad", "onnxruntime", "numpy", "webrtcvad-wheels"]
DETECTORS = {"silero-vad": Silero, "webrtcvad 2": lambda: WebRtc(2), "webrtcvad 3": lambda: WebRtc(3)}


def version():
    """A number that changes with this script and what it uses."""
    text = pathlib.Path(__file__).read_text()
    return zlib.crc32((text + str([importlib.metadata.version(name) for name in PACKAGES])).encode())


def read(path):
    with wave.open(str(path)) as file:
        assert file.getparams()[:3] == (1, 2, RATE), path
        return file.readframes(file.getnframes())


def analyze(path):
    pcm = read(path)
    return path.name, {name: detector.segments(pcm) for name, detector in detectors.items()}


def make_detectors():
    global detectors
    detectors = {name: make() for name, make in DETECTORS.items()}


def speed(path):
    """Seconds of audio for each second of one core."""
    pcm, speeds = read(path), {}
    for name, make in DETECTORS.items():
        detector, started = make(), time.process_time()
        detector.segments(pcm)
        speeds[name] = len(pcm) / 2 / RATE / (time.process_time() - started)
    return speeds


def main(folder, ten_minutes):
    folder = pathlib.Path(folder)
    results = folder / "peers.json"
    known = json.loads(results.read_text())["files"] if results.exists() else {}
    files, left, start = {}, [], version()
    for name in sys.stdin.read().splitlines():
        digest = zlib.crc32((folder / name).read_bytes(), start)
        if known.get(name, {}).get("crc32") != digest:
            left.append(folder / name)
        files[name] = {"crc32": digest, "segments": known.get(name, {}).get("segments")}
    with multiprocessing.Pool(initializer=make_detectors) as pool:
        for name, segments in pool.imap_unordered(analyze, left, chunksize=4):
            files[name]["segments"] = segments
    text = json.dumps({"speed": speed(ten_minutes), "files": known | files})
    results.write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
