"""The Run folder: written by learning, read by everyone; knows no torch, so that looking at runs takes a moment."""

from pellucid.run.folder import Run, find_runs, new_run_path
from pellucid.run.history import History, HistoryRow
from pellucid.run.writing import write_json, write_text

__all__ = ["History", "HistoryRow", "Run", "find_runs", "new_run_path", "write_json", "write_text"]
