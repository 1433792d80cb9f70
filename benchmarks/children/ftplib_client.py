"""The standard library's client, as its documentation shows it: blocks of 8192."""

import ftplib
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
        case "mlsd":
            more["entries"] = len(list(client.mlsd("/")))
        case "mlsd-lazy":
            more["entries"] = sum(1 for _ in client.mlsd("/"))
    client.quit()
    return more
