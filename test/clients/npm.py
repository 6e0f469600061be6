"""npm: packages of the tests that are written in JavaScript, below the build folder.

What is installed is what package-lock.json of the folder test/clients/NAME says, by hash; npm fetches it from the registry that it is set up for, once
for each build folder."""
import hashlib
import os
import shutil
import subprocess

import bed

HERE = os.path.dirname(os.path.abspath(__file__))
INSTALL_SECONDS = 120


class Missing(Exception):
    """The packages could not be brought; the text says why and what to do."""


def place(name):
    """Where the folder test/clients/NAME is copied to, with node_modules beside its sources."""
    return os.path.join(bed.BUILD, "clients", name)


def version_wanted(sources):
    digest = hashlib.sha256()
    for name in ("package.json", "package-lock.json"):
        with open(os.path.join(sources, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def version_installed(stamp):
    if not os.path.exists(stamp):
        return None
    with open(stamp, encoding="ascii") as file:
        return file.read()


def fetch(folder):
    command = ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1"]
    environment = dict(os.environ, npm_config_cache=os.path.join(bed.BUILD, "clients", "npm-cache"), npm_config_update_notifier="false")
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
    except FileNotFoundError:
        raise Missing("npm is missing: run 'make deps'") from None
    except subprocess.TimeoutExpired:
        raise Missing(f"npm did not bring the packages in {INSTALL_SECONDS} s: is its registry within reach?") from None
    if done.returncode != 0:
        words = [line for line in (done.stdout + done.stderr).splitlines() if "error" in line.lower()][:10]
        raise Missing("npm could not bring the packages: is its registry within reach?\n" + "\n".join(words))


def install(name):
    """Makes place(name) what test/clients/NAME says. Raises Missing."""
    sources, target = os.path.join(HERE, name), place(name)
    stamp = os.path.join(target, "installed")
    wanted = version_wanted(sources)
    is_fresh = version_installed(stamp) == wanted
    if not is_fresh:
        shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(sources, target, dirs_exist_ok=True)
    if is_fresh:
        return
    fetch(target)
    with open(stamp, "w", encoding="ascii") as file:
        file.write(wanted)
