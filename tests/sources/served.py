"""What reaches each system of the local vendor server, with the right credentials."""

import json
import subprocess
from pathlib import Path

from simulator.vendors.server import VendorServer

GIVEN: dict[str, dict[str, str]] = {
    "salesforce": {"client_id": "app", "client_secret": "simulated-salesforce"},
    "hubspot": {"access_token": "simulated-hubspot", "searches_per_second": "10000"},
    "zendesk": {"email": "admin@vendor.example", "api_token": "simulated-zendesk"},
    "intercom": {"access_token": "simulated-intercom"},
    "zipchat": {"api_key": "simulated-zipchat", "chat_ids": "1"},
    "segment": {"token": "simulated-segment"},
    "mixpanel": {"api_secret": "simulated-mixpanel"},
    "amplitude": {"api_key": "key", "secret_key": "simulated-amplitude"},
    "pendo": {"integration_key": "simulated-pendo"},
    "delighted": {"api_key": "simulated-delighted"},
    "gainsight": {"access_key": "simulated-gainsight"},
    "churnzero": {"username": "ana@vendor.example", "api_key": "simulated-churnzero"},
    "totango": {"app_token": "simulated-totango"},
    "github": {"token": "simulated-github", "listings": "product/core"},
    "gitlab": {"token": "simulated-gitlab", "listings": "product/core"},
    "bitbucket": {"token": "simulated-bitbucket", "listings": "product/core"},
}
PATHS = {"zipchat": "/api/integrations/backend_api/v1", "churnzero": "/public/v1"}
UNLIMITED = {system: {"requests": 0, "seconds": 1} for system in GIVEN}


def environment(system: str, vendors: VendorServer, folder: Path) -> dict[str, str]:
    if system == "git_repository":
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
        author = ["-c", "user.name=Ana", "-c", "user.email=ana@vendor.example"]
        commit = ["git", "-C", str(folder), *author, "commit", "-q", "--allow-empty", "-m", "Begin"]
        subprocess.run(commit, check=True)
        return {"folders": json.dumps({"acme/api": str(folder)})}
    base_url = vendors.url_of(system) + PATHS.get(system, "")
    return {"base_url": base_url, "backoff_seconds": "0.01", "max_attempts": "2", **GIVEN[system]}
