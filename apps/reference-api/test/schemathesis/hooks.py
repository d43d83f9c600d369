"""Lets every request come from another client, as the gateway would say it, so that no limit of requests hides an answer, and
counts the requests of each operation into the file `cases.json`."""

import atexit
import collections
import itertools
import json

import schemathesis

numbers = itertools.count(1)
cases = collections.Counter()


@schemathesis.hook
def before_call(context, case, kwargs):
    number = next(numbers)
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    case.headers = {**(case.headers or {}), "X-Forwarded-For": address}
    cases[case.operation.label] += 1


@atexit.register
def write_cases():
    with open("cases.json", "w", encoding="utf-8") as file:
        json.dump(cases, file)
