"""The standard library's client, as its documentation shows it: blocks of 8192."""

import ftplib
import os
import ssl
from typing import Any


def connect(task: dict[str, Any]) -> ftplib.FTP:
    """Connect and log in as anonymous, with TLS on both connections if asked."""
    if not task.get("tls"):
        client = ftplib.FTP()
        client.connect(task["host"], task["port"])
        client.login()
        return client
    secure = ftplib.FTP_TLS(context=ssl._create_unverified_context())
    secure.connect(task["host"], task["port"])
    secure.login()
    secure.prot_p()
    return secure


def download_tree(client: ftplib.FTP, source: str, target: str) -> None:
    """The loop that people write: MLSD, and RETR of each file."""
    os.mkdir(target)
    for name, facts in list(client.mlsd(source)):
        if facts["type"] == "dir":
            download_tree(client, f"{source}/{name}", f"{target}/{name}")
        elif facts["type"] == "file":
            with open(f"{target}/{name}", "wb") as file:
                client.retrbinary(f"RETR {source}/{name}", file.write)


def upload_tree(client: ftplib.FTP, source: str, target: str) -> None:
    """The loop that people write: MKD, and STOR of each file."""
    client.mkd(target)
    for entry in os.scandir(source):
        if entry.is_dir():
            upload_tree(client, entry.path, f"{target}/{entry.name}")
        else:
            with open(entry.path, "rb") as file:
                client.storbinary(f"STOR {target}/{entry.name}", file)


def work(task: dict[str, Any]) -> dict[str, Any]:
    """Do the task once."""
    client = connect(task)
    more: dict[str, Any] = {}
    match task["work"]:
        case "download":
            with open(task["file"], "wb" if task.get("new") else "r+b") as file:
                client.retrbinary(f"RETR {task['path']}", file.write)
        case "upload":
            with open(task["file"], "rb") as file:
                client.storbinary(f"STOR {task['path']}", file)
        case "discard":
            client.retrbinary(f"RETR {task['path']}", len)
        case "small":
            for name in task["names"]:
                client.retrbinary(f"RETR {name}", len)
        case "small-files":
            for name in task["names"]:
                with open(f"{task['target']}/{name}", "wb") as file:
                    client.retrbinary(f"RETR {name}", file.write)
        case "small-upload":
            for name in task["names"]:
                with open(f"{task['source']}/{name}", "rb") as file:
                    client.storbinary(f"STOR {name}", file)
        case "tree-down":
            download_tree(client, "tree", f"{task['target']}/tree-{os.getpid()}")
        case "tree-up":
            upload_tree(client, f"{task['source']}/tree", f"incoming/tree-{os.getpid()}")
        case "mlsd":
            more["entries"] = len(list(client.mlsd("/")))
        case "mlsd-lazy":
            more["entries"] = sum(1 for _ in client.mlsd("/"))
    client.quit()
    return more
