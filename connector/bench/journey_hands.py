"""What the admin does with the mouse, in the CRMs themselves: each with the words on the screen that said so."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connector.bench.journey_world import CONSUMER_KEY, World
from connector.bench.keystrokes import Answer

_SALESFORCE_USER: Final = "integration@sandbox.example"


def make_salesforce_app(world: World) -> Mapping[str, Answer | Sequence[Answer]]:
    """An external client app with a certificate, made while `connect` waits for its key."""

    def consumer_key() -> str:
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        pem = serialization.Encoding.PEM
        world.key_file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
        world.crms.settings("salesforce", consumer_key=CONSUMER_KEY, public_key=public)
        world.done += [
            ("an external client app in Salesforce", "Setup ► External Client App Manager ► New External Client App"),
            ("a key pair", "openssl req -x509"),
            ("its certificate uploaded", "Enable JWT Bearer Flow: upload server.crt"),
            ("the integration user authorized for it", "Admin approved users are pre-authorized"),
            ("the consumer key copied", "OAuth Settings ► Consumer Key and Secret"),
        ]
        return CONSUMER_KEY

    return {
        "Log in by browser, or by jwt": "jwt",
        "The app's consumer key": consumer_key,
        "The integration user's user name": _SALESFORCE_USER,
        "The file with the private key": str(world.key_file),
    }


def make_hubspot_app(world: World, name: str) -> Mapping[str, Answer | Sequence[Answer]]:
    """A project app, exported in another terminal and uploaded while `connect` waits for its client ID."""

    def client_id() -> str:
        folder = world.home / "app"
        world.terminal.run("install", name, "--export", str(folder)).needed()
        files = {str(path.relative_to(folder)): json.loads(path.read_text("utf-8")) for path in folder.rglob("*.json")}
        ids = world.crms.command("hubspot", "project", files=files)
        world.done += [
            ("the app's files exported", f"leadline install {name} --export"),
            ("the project uploaded", "hs project upload"),
            ("client ID and secret copied", "Development ► Projects ► the project ► the app ► Auth"),
        ]
        return str(ids["clientId"])

    return {
        "Log in by oauth, or by token": "oauth",
        "The app's client ID": client_id,
        "The app's client secret": lambda: str(world.crms.settings("hubspot")["client_secret"]),
    }


def stop_rotation(world: World) -> None:
    """Switches the portal's own rotation off, of which the plan said that it would come first."""
    headers = {"Authorization": "Bearer pat-na1-journey-admin"}
    flows = f"{world.crms.url}/automation/v4/flows"
    for one in requests.get(flows, headers=headers, timeout=30).json()["results"]:
        told = f"Automation ► Workflows ► {one['name']} ► switch off"
        if any(told in shown.flowed for shown in world.terminal.history):
            whole = requests.get(f"{flows}/{one['id']}", headers=headers, timeout=30).json()
            requests.put(
                f"{flows}/{one['id']}", json={**whole, "isEnabled": False}, headers=headers, timeout=30
            ).raise_for_status()
            world.done.append((f"workflow {one['name']} switched off", told))
