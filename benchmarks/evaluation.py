"""What evaluating blinded identifiers costs: over HTTP against the library in process, on one core and on two."""

import base64
import os
import time
from concurrent.futures import ThreadPoolExecutor

import urllib3

from benchmarks.figure import Figure, at_least, at_most
from benchmarks.stage import KEY, Stage, stage, token
from hub.tokens import Blinder, EvaluationKey, KeyId


def _blinded(hub: Stage) -> bytes:
    blinder = Blinder(base64.b64decode(hub.profiles["brand-a"]["keys"][KEY]))  # type: ignore[index]  # a profile holds keys by name
    return blinder.blind([token(n) for n in range(1000)])


def _evaluate(hub: Stage, body: bytes, batches: int, clients: int) -> tuple[float, float]:
    """(identifiers/s, CPU seconds of the whole hub per identifier)."""
    url = f"{hub.url}/api/v1/keys/{KEY}/evaluations"

    # without requests' cost per call: the load shares the machine with what it measures
    headers = {
        "Authorization": f"Bearer {hub.profiles['platform-x']['api_key']}",
        "Content-Type": "application/octet-stream",
    }

    def one_client(number: int) -> None:
        with urllib3.PoolManager(maxsize=1, retries=False) as pool:
            for n in range(batches // clients):
                again = {"Idempotency-Key": f"{os.urandom(8).hex()}-{number}-{n}"}
                answer = pool.request("POST", url, body=body, headers=headers | again)
                assert answer.status == 200, answer.data

    used, began = hub.cpu(), time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(one_client, range(clients)))
    seconds = time.perf_counter() - began
    return batches * 1000 / seconds, (hub.cpu() - used) / (batches * 1000)


def figures() -> list[Figure]:
    """VOPRF through HTTP against the library in process."""
    key = EvaluationKey.derive(bytes(range(32)), KeyId.parse(KEY))
    with stage(1, 1) as hub:
        body = _blinded(hub)
        _evaluate(hub, body, 4, 2)
        floors, costs, plain = [], [], []
        for _ in range(3):
            began = time.process_time()
            for _ in range(5):
                key.evaluate(body)
            floors.append((time.process_time() - began) / 5000)
            rate, cost = _evaluate(hub, body, 24, 2)
            plain.append(rate)
            costs.append(cost)
        with hub.confined(1):
            ones = [_evaluate(hub, body, 24, 2)[0] for _ in range(3)]
    with stage(2, 2) as hub:
        _evaluate(hub, body, 8, 4)
        with hub.confined(2):
            twos = [_evaluate(hub, body, 48, 4)[0] for _ in range(3)]
    floor, cost = min(floors), min(costs)
    return [
        at_most(
            "evaluation: hub CPU / voprf in process",
            cost / floor,
            1.3,
            f"{cost * 1e6:.1f} against {floor * 1e6:.1f} us an identifier",
        ),
        at_least(
            "evaluation: two workers on two cores / one on one",
            max(twos) / max(ones),
            1.8,
            f"{max(twos):,.0f} against {max(ones):,.0f} identifiers/s; one that has the second core for all else: "
            f"{max(plain):,.0f}/s, and {max(twos) / max(plain):.2f} times that",
        ),
    ]
