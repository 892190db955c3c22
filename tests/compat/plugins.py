"""Published Python plugins under their published hosts: the original worker, and this one.

Every step is made with the original worker first, then with this one as the manifest's
`python_path`, then with this one by `--take-over`; the answers must be equal.
One line a step, then `N passed, N failed`; the exit code is 1 when a step failed.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

# The host's HTTP client would send even 127.0.0.1 through a proxy of the environment.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"

import httpx


class FirstGeneration:
    """cjm-plugin-system 0.0.28 with cjm-graph-plugin-sqlite."""

    title = "sqlite graph"

    def __init__(self, folder):
        from cjm_plugin_system.core import config
        from cjm_plugin_system.core.proxy import RemotePluginProxy

        config.set_config(config.CJMConfig(data_dir=folder / "data"))
        self.proxy_class = RemotePluginProxy
        self.folder = folder

    def start(self, python):
        return self.proxy_class(
            {
                "name": "sqlite-graph",
                "module": "cjm_graph_plugin_sqlite.plugin",
                "class": "SQLiteGraphPlugin",
                "python_path": python,
                "env_vars": {},
            }
        )

    def steps(self, proxy, name):
        ada = {"id": "ada", "label": "Person", "properties": {"name": "Ada ☃"}, "sources": []}
        bob = {"id": "bob", "label": "Person", "properties": {}, "sources": []}
        knows = {"id": "e1", "source_id": "ada", "target_id": "bob", "relation_type": "KNOWS"}
        yield "initialize", lambda: proxy.initialize({"db_path": str(self.folder / f"{name}.db")})
        yield "schema", lambda: proxy.get_config_schema()
        yield "config", lambda: sorted(proxy.get_current_config())
        yield "add nodes", lambda: proxy.execute(action="add_nodes", nodes=[ada, bob])
        yield "add edges", lambda: proxy.execute(action="add_edges", edges=[knows])
        yield "get node", lambda: proxy.execute(action="get_node", node_id="ada")
        yield "context", lambda: proxy.execute(action="get_context", node_id="ada")["nodes"]
        yield "positional", lambda: proxy.execute("get_schema")
        yield "no such node", lambda: proxy.execute(action="get_node", node_id="nobody")
        yield "no such action", lambda: proxy.execute(action="nope")
        yield "missing argument", lambda: proxy.execute(action="get_node")
        yield "initialize again", lambda: proxy.initialize({"db_path": str(self.folder / f"{name}.db")})
        yield "count after it", lambda: proxy.execute(action="find_nodes_by_label", label="Person")["count"]
        yield "progress", lambda: proxy.get_progress()["progress"]
        yield "cancel", lambda: proxy.cancel()


class LatestGeneration:
    """cjm-substrate 0.0.74 with cjm-capability-ffmpeg and its published adapter."""

    title = "ffmpeg"
    adapter = "cjm_media_processing_adapter_interface.generic:GenericMediaProcessingAdapter"

    def __init__(self, folder):
        from cjm_substrate.core import config
        from cjm_substrate.core.proxy import RemoteCapabilityProxy

        config.set_config(config.CJMConfig(data_dir=folder / "data"))
        self.proxy_class = RemoteCapabilityProxy
        self.recording = folder / "tone.wav"
        with wave.open(str(self.recording), "wb") as out:
            out.setparams((1, 2, 8000, 8000, "NONE", ""))
            out.writeframes(bytes(16000))

    def start(self, python):
        return self.proxy_class(
            {
                "name": "ffmpeg",
                "module": "cjm_capability_ffmpeg.capability",
                "class": "FFmpegProcessingCapability",
                "python_path": python,
                "env_vars": {},
            },
            adapter_specs=[self.adapter],
        )

    def steps(self, proxy, name):
        source = str(self.recording)

        def task(method, **kwargs):
            return repr(type(proxy.execute_task("media_processing", method, **kwargs)).__name__)

        def info():
            found = proxy.execute_task("media_processing", "get_info", file_path=source)
            return round(found.duration, 3), type(found).__name__

        def health():
            body = httpx.get(f"{proxy.base_url}/health").json()
            return body["substrate_version"], "python_executable" in body

        def stats():
            body = proxy.get_stats()
            return body["subtree_pids"][0] == body["pid"] == proxy.process.pid

        yield "initialize", lambda: proxy.initialize({})
        yield "health", health
        yield "stats", stats
        yield "schema", lambda: proxy.get_config_schema()
        yield "config", lambda: proxy.get_current_config()
        yield "structural surface", lambda: httpx.get(f"{proxy.base_url}/structural_surface").json()
        yield "info", info
        yield "convert", lambda: task("convert", input_path=source, output_format="flac")
        yield "no such file", lambda: task("get_info", file_path="/nope.wav")
        yield "no such method", lambda: task("nope")
        yield "no such task", lambda: proxy.execute_task("nope", "get_info")
        yield "missing argument", lambda: task("get_info")
        yield "no monitor", lambda: httpx.post(f"{proxy.base_url}/get_system_status").status_code
        yield "disable", lambda: httpx.post(f"{proxy.base_url}/on_disable").json()
        yield "enable", lambda: httpx.post(f"{proxy.base_url}/on_enable").json()
        yield "reconfigure", lambda: httpx.post(
            f"{proxy.base_url}/reconfigure", json={"old_config": {}, "new_config": {}}
        ).json()
        yield "prefetch", lambda: httpx.post(f"{proxy.base_url}/prefetch").json()
        yield "cancel", lambda: proxy.cancel()


def answers(generation, python, name):
    """The answers of all steps with one worker: values, or the types and texts of errors."""
    found = {}
    with contextlib.redirect_stdout(sys.stderr):
        proxy = generation.start(python)
        try:
            for step, call in generation.steps(proxy, name):
                try:
                    found[step] = call()
                except Exception as error:
                    found[step] = f"{type(error).__name__}: {without_job_error(str(error))}"
            process = proxy.process
        finally:
            proxy.cleanup()
        found["ended by itself"] = process.returncode == 0
    return found


def without_job_error(text):
    """The text of an error; the first host quotes the whole body, where ours has more."""
    before, brace, body = text.partition("{")
    try:
        body = json.loads(brace + body)
    except ValueError:
        return text
    return before + json.dumps({"detail": body.get("detail", "").lower()})


def install(dist):
    """Puts the worker into this environment, as its wheel does."""
    program = Path(sys.prefix, "bin/universal-worker")
    shutil.copy2(dist / "universal-worker", program)
    version = "python%d.%d" % sys.version_info[:2]
    package = Path(sys.prefix, "lib", version, "site-packages/universal_worker")
    shutil.copytree(dist / "python/universal_worker", package, dirs_exist_ok=True)
    return str(program)


def compare(title, wanted, found):
    failed = 0
    for step, answer in wanted.items():
        # The original is killed by its host where a step of its own goes on.
        if step == "ended by itself":
            answer = True
        if found.get(step) == answer:
            print(f"ok {title}: {step}", flush=True)
        else:
            failed += 1
            print(f"FAILED {title}: {step}: expected {answer!r}, found {found.get(step)!r}", flush=True)
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dist", type=Path, required=True)
    parser.add_argument("--generation", choices=["first", "latest"], required=True)
    options = parser.parse_args()
    program = install(options.dist.resolve())
    folder = Path(tempfile.mkdtemp())
    os.chdir(folder)
    python = str(Path(sys.prefix, "bin/python"))
    kind = {"first": FirstGeneration, "latest": LatestGeneration}[options.generation]
    generation = kind(folder)
    try:
        subprocess.run([program, "--give-back", sys.prefix], capture_output=True)
        original = answers(generation, python, "original")
        ours = answers(generation, program, "ours")
        subprocess.run([program, "--take-over", sys.prefix], check=True, stdout=subprocess.DEVNULL)
        taken = answers(generation, python, "taken")
        subprocess.run([program, "--give-back", sys.prefix], check=True, stdout=subprocess.DEVNULL)
    finally:
        shutil.rmtree(folder)
    failed = compare(f"{kind.title} by python_path", original, ours)
    failed += compare(f"{kind.title} by take-over", original, taken)
    print(f"{2 * len(original) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
