"""Says on which machine a run is made: figures of two machines cannot be compared."""

import os
import platform
import re
import sqlite3
import tempfile
from pathlib import Path

import psutil


def described(postgres_version: str) -> str:
    """One line: cores, model, operating system, versions, the disk of the databases, other load."""
    cpu_info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", cpu_info.read_text()) if cpu_info.exists() else None
    model = found[1] if found else platform.processor() or platform.machine()
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    versions += f", PostgreSQL {postgres_version}" if postgres_version else ""
    load = f"load of the machine {os.getloadavg()[0]:.1f}"
    system = f"{platform.system()} {platform.release()}"
    return f"{os.cpu_count()} cores, {model}; {system}; {versions}; databases on {_file_system()}; {load}"


def _file_system() -> str:
    """The kind of file system that holds temporary files. One in memory makes a database faster than any disk."""
    folder = Path(tempfile.gettempdir()).resolve()
    mounted = {partition.mountpoint: partition.fstype for partition in psutil.disk_partitions(all=True)}
    return next((mounted[str(place)] for place in (folder, *folder.parents) if str(place) in mounted), "unknown")
