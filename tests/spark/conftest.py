"""Clusters that speak Spark Connect: Sail in a process of its own, and Apache Spark with a master and two workers."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from conftest import absent

SAIL = """
import sys
from pysail.spark import SparkConnectServer
server = SparkConnectServer("127.0.0.1", 0)
server.start(background=True)
print("listening at", server.listening_address[1], flush=True)
sys.stdin.read()
"""


class Running:
    """A program of ours: its output is read until it says that it is ready, and thrown away from then on."""

    def __init__(self, command: Sequence[str], ready: str, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment,
        )
        said: list[str] = []
        self.found = ""
        for line in self.process.stdout or ():
            said.append(line)
            if match := re.search(ready, line):
                self.found = match[1]
                break
        else:
            self.stop()
            pytest.fail(f"it ended before it was ready:\n{''.join(said[-30:])}")
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self) -> None:
        for _ in self.process.stdout or ():
            pass

    def stop(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


def _environment(folder: Path) -> dict[str, str]:
    own = {
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_NO_DAEMONIZE": "1",
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_WORKER_DIR": str(folder / "work"),
        "SPARK_DAEMON_MEMORY": "640m",
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p.endswith(("/src", "/verifier"))),
    }
    return {**os.environ, **own}


@pytest.fixture(scope="session")
def sail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        import pysail
        import pyspark  # noqa: F401  both are needed
    except ImportError:
        absent("pysail and pyspark are not installed; they are in requirements/spark.txt")
    del pysail
    server = Running([sys.executable, "-c", SAIL], r"listening at (\d+)", _environment(tmp_path_factory.mktemp("sail")))
    yield f"sc://127.0.0.1:{server.found}"
    server.stop()


@pytest.fixture(scope="session")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        import pyspark
    except ImportError:
        absent("pyspark is not installed; it is in requirements/spark.txt")
    if not shutil.which("java"):
        absent("Apache Spark needs Java 17, which is not here")
    home, folder = Path(pyspark.__file__).parent, tmp_path_factory.mktemp("standalone")
    environment = {**_environment(folder), "SPARK_HOME": str(home)}
    started: list[Running] = []

    def start(command: Sequence[str], ready: str) -> str:
        started.append(Running(command, ready, environment))
        return started[-1].found

    run, submit = str(home / "bin" / "spark-class"), str(home / "bin" / "spark-submit")
    local = ["--host", "127.0.0.1", "--port", "0", "--webui-port", "0"]
    try:
        master = start(
            [run, "org.apache.spark.deploy.master.Master", *local], r"Starting Spark master at (spark://\S+)"
        )
        for _ in range(2):
            worker = ["org.apache.spark.deploy.worker.Worker", *local, "--cores", "1", "--memory", "1g", master]
            start([run, *worker], r"(Successfully registered) with master")
        settings = {
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": "0",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.memory": "512m",
            "spark.executor.memory": "512m",
            "spark.executor.cores": "1",
            "spark.ui.enabled": "false",
            "spark.local.dir": str(folder / "local"),
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
        }
        pairs = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
        served = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]
        port = start([submit, "--master", master, *pairs, *served], r"Spark Connect server started at: \S+:(\d+)")
        yield f"sc://127.0.0.1:{port}"
    finally:
        for program in reversed(started):
            program.stop()
