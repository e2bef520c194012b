"""Reasons why something did not happen, as data: a key and values, stored as such and translated for each reader.

Never change a key or reuse it for something else, because rows in the database name it. Its English text may be
reworded at any time.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from server.domain.sentences import Sentence

REASONS: Mapping[str, str] = {
    # The address that a request would go to (domain/addresses.py)
    "address_loopback": (
        "The address belongs to this machine (loopback). To allow deliveries to it, set HOOKBENCH_ALLOW_NETWORKS, for "
        "example to 127.0.0.0/8, and restart Hookbench."
    ),
    "address_private": (
        "The address is in a private network. To allow deliveries to it, set HOOKBENCH_ALLOW_NETWORKS, for example to "
        "10.0.0.0/8, and restart Hookbench."
    ),
    "typed_loopback": (
        "The address belongs to this machine (loopback). To allow deliveries to it, set "
        "HOOKBENCH_ALLOW_NETWORKS={network} and restart Hookbench."
    ),
    "typed_private": (
        "The address is in a private network. To allow deliveries to it, set HOOKBENCH_ALLOW_NETWORKS={network} and "
        "restart Hookbench."
    ),
    "address_shared": (
        "The address is in a provider's shared network (carrier-grade NAT). Deliveries to it are not allowed."
    ),
    "address_link_local": "The address is link-local. Deliveries to it are not allowed.",
    "address_metadata": "The address is a cloud provider's metadata service. Deliveries to it are not allowed.",
    "address_multicast": "The address is a multicast or broadcast address. Deliveries to it are not allowed.",
    "address_documentation": "The address is reserved for documentation and tests. Deliveries to it are not allowed.",
    "address_tunnel": ("The address tunnels to another one (6to4, Teredo, NAT64). Deliveries to it are not allowed."),
    "address_reserved": (
        "The address is reserved and not part of the public internet. Deliveries to it are not allowed."
    ),
    "url_empty": "Enter the URL that events are sent to.",
    "url_too_long": "The URL is longer than {limit} characters.",
    "url_bad_characters": "The URL contains a space, a backslash or a control character.",
    "url_scheme": "The URL must start with https:// or http://.",
    "url_host": "The URL has no valid host and port.",
    "url_password": "The URL must not contain a user name or password. Use a header instead.",
    # The request that the code made (domain/requests.py)
    "request_method": "webhook.method must be one of {methods}.",
    "request_url": "webhook.url cannot be used: {problem}",
    "request_form": (
        "With the content type {type}, webhook.payload must be a flat object (text, numbers, true, false, null) "
        "or an encoded string."
    ),
    "headers_too_many": "You can set at most {limit} headers.",
    "header_name": "“{name}” is not a valid header name. Use letters, digits and hyphens, without spaces or a colon.",
    "header_reserved": "The header {name} is reserved: Hookbench or the connection sets it.",
    "header_control_character": "The value of the header {name} contains a line break or a control character.",
    "header_not_ascii": (
        "The value of the header {name} has non-ASCII characters. Encode it, for example with encodeURIComponent."
    ),
    "header_too_long": "The value of the header {name} is longer than {limit} bytes.",
    # The run of the code (server/sandbox; its worker writes keys, see prelude/trouble.js)
    "handler_missing": "The code does not declare a function named handler. Write: {code}",
    "handler_never_settles": (
        "handler returned a promise that never settles. Transformations have no timers and no network to wait for."
    ),
    "handler_returned": (
        "handler returned {kind}. End it with `return webhook`, or with `return null` to send nothing."
    ),
    "result_not_text": "webhook.{name} must be a string, not {kind}.",
    "result_headers": "webhook.headers must be an object of names and values, not {kind}.",
    "result_headers_too_many": "webhook.headers has more than {limit} entries.",
    "result_header_value": "The header {name} must be a string, a number or a boolean, not {kind}.",
    "result_payload": "webhook.payload is {kind}. Set it to what you want to send, then `return webhook`.",
    "result_too_deep": "webhook.payload is nested too deeply to be sent.",
    "result_too_large": "The result is larger than {limit} KiB.",
    "time_limit": "The code ran longer than {seconds} s and was stopped.",
    "memory_limit": "The code used more than {limit} MiB of memory and was stopped.",
    "sandbox_forbidden": "The code triggered an operation that the sandbox forbids, and was stopped.",
    "sandbox_crashed": "The JavaScript engine crashed ({signal}).",
    "sandbox_failed": "The sandbox could not run the code.",
    "sandbox_reply": "The sandbox returned an unusable result ({reason}).",
    "sandbox_not_checked": "The code could not be checked.",
    "sandbox_keeps_ending": (
        "Hookbench could not run the code: its process ended {times} times. The code does not appear to be the cause."
    ),
    "sandbox_fault": "Hookbench could not run the code because of a fault of its own ({reason}).",
    "sandbox_locale_fault": (
        "Hookbench could not provide the locale data {part} because of a fault of its own ({reason})."
    ),
    "sandbox_too_many_parts": "The code requested more than {limit} pieces of locale data in one run.",
    "kind_array": "an array",
    "kind_object": "an object",
    "kind_string": "a string",
    "kind_number": "a number",
    "kind_boolean": "a boolean",
    "kind_function": "a function",
    "kind_bigint": "a BigInt",
    "kind_symbol": "a symbol",
    # What differs from the expectation of a test case (domain/test_cases.py)
    "case_cancelled": "The code cancelled the event. A request was expected.",
    "case_failed": "The code failed: {error}",
    "case_not_cancelled": "The code made a request. It was expected to cancel the event.",
    "case_not_thrown": "The code did not fail. It was expected to fail with “{expected}”.",
    "case_thrown": "The code failed with “{found}”, which does not contain “{expected}”.",
    "case_method": "The method is {found}, not {expected}.",
    "case_url": "The URL is {found}, not {expected}.",
    "case_url_pattern": "The URL is {found}, which does not match {expected}.",
    "case_equals": "{field} is {found}, not {expected}.",
    "case_matches": "{field} is {found}, which does not match {expected}.",
    "case_less_than": "{field} is {found}, which is not less than {expected}.",
    "case_missing": "{field} is missing.",
    "case_unexpected": "{field} was not expected.",
    "case_body": "The body differs.",
    "case_contract": "The request breaks the contract of the card: {finding}",
    "case_unrun_time": "It was not run, because all test cases together may take at most {seconds} s.",
    "case_unrun_sandbox": "It was not run, because the sandbox cannot run code right now.",
    "case_unrun_unreadable": "It was not run, because it cannot be read from the database.",
    "case_unrun_card": "It was not run, because the card {card} is not here.",
    "case_no_contract": "The card has no contract that could hold.",
    # Why a backtest was given up (delivery/backtester.py)
    "backtest_gone": "The endpoint, the draft or the version that it runs does not exist any more, or cannot be read.",
    "backtest_card_missing": "The endpoint's integration card ({card}) does not exist or cannot be read.",
    "backtest_fault": "Hookbench could not run it because of a fault of its own ({reason}).",
    "backtest_time_outs_before": "The active code ran out of time on {times} events.",
    "backtest_time_outs_after": "The code that is tested ran out of time on {times} events.",
    # What a contract says about a request (domain/contract_findings.py)
    "contract_the_body": "The body",
    "contract_the_header": "The header {name}",
    "contract_type": "{field} must be {types}, not {kind}.",
    "contract_enum": "{field} is {value}. Allowed: {allowed}.",
    "contract_missing": "{field} is missing.",
    "contract_unknown": "{field} is not a field that the destination knows.",
    "contract_forbidden": "{field} must not be set.",
    "contract_refused_value": "{field} is {value}, which is not accepted.",
    "contract_too_long": "{field} is {length} characters long. At most {limit} are allowed.",
    "contract_too_short": "{field} is {length} characters long. At least {limit} are needed.",
    "contract_empty": "{field} is empty.",
    "contract_pattern": "{field} is {value}, which does not have the right form.",
    "contract_format_email": "{field} is {value}, which is not an e-mail address.",
    "contract_format_uri": "{field} is {value}, which is not a complete URL.",
    "contract_format_date_time": "{field} is {value}, which is not a time such as 2026-01-31T09:30:00Z.",
    "contract_format_date": "{field} is {value}, which is not a date such as 2026-01-31.",
    "contract_format_uuid": "{field} is {value}, which is not a UUID.",
    "contract_maximum": "{field} is {value}. It must be at most {limit}.",
    "contract_minimum": "{field} is {value}. It must be at least {limit}.",
    "contract_below": "{field} is {value}. It must be less than {limit}.",
    "contract_above": "{field} is {value}. It must be more than {limit}.",
    "contract_multiple": "{field} is {value}. It must be a multiple of {limit}.",
    "contract_too_many_entries": "{field} has {length} entries. At most {limit} are allowed.",
    "contract_too_few_entries": "{field} has {length} entries. At least {limit} are needed.",
    "contract_too_many_fields": "{field} has {length} fields. At most {limit} are allowed.",
    "contract_too_few_fields": "{field} has {length} fields. At least {limit} are needed.",
    "contract_repeated": "{field} has the same entry more than once.",
    "contract_repeated_by": "{field} has entries with the same {name}.",
    "contract_contains": "{field} has no entry of the kind that is needed.",
    "contract_no_form": "{field} has none of the forms that are accepted.",
    "contract_two_forms": "{field} has more than one of the forms that are accepted. Use only one.",
    "contract_bytes": "{field} is {length} bytes large. At most {limit} are allowed.",
    "contract_depth": "{field} is nested {length} levels deep. At most {limit} are allowed.",
    "contract_one_of_none": "One of {names} must be set.",
    "contract_one_of_several": "Only one of {names} may be set, but {found} are.",
    "contract_one_at_least": "At least one of {names} must be set.",
    "contract_too_old": "{field} is {value}. It must not be older than {limit}.",
    "contract_too_early": "{field} is {value}. It must not be more than {limit} in the future.",
    "contract_no_time": "{field} is {value}, which is not a time.",
    "contract_key_too_long": "The name {value} in {field} is longer than {limit} characters.",
    "contract_key": "The name {value} in {field} is not accepted.",
    "contract_not_accepted": "{field} is not accepted.",
    "contract_method": "The method is {value}. Allowed: {allowed}.",
    "contract_refused_url": "The destination does not accept this URL.",
    "contract_not_json": "The body is not JSON.",
    "contract_not_checked": "The body is too large to be checked.",
    "contract_unknown_call": (
        "Hookbench does not know this URL of the destination, so it cannot tell whether the request is accepted."
    ),
    "contract_not_handled": (
        "The code sends this event as it came, and the destination does not accept it. Set webhook.cancel = true for "
        "the event types that the code does not handle, or unsubscribe from them."
    ),
    "contract_not_transformed": (
        "The event is sent as it came, because the transformation is off, and the destination does not accept it. "
        "Turn the transformation on."
    ),
    "contract_not_sent": "Not sent, because the destination would not accept it. {finding}",
    "contract_or": "{first} or {rest}",
    "contract_seconds": "{number} seconds",
    "contract_hours": "{number} hours",
    "contract_days": "{number} days",
    "kind_null": "null",
    "kind_integer": "a whole number",
    # What the destination's response means (domain/response_rules.py)
    "response_rejected": "The destination responded {status}: {message}",
    "response_rejected_without_message": "The destination responded {status}.",
    "response_but_rejected": "The destination responded {status}, but rejected the event: {message}",
    "response_but_rejected_without_message": "The destination responded {status}, but rejected the event.",
    "response_explained": "{meaning} {rest}",
    # The way to the destination (delivery/courier.py)
    "response_timeout": "No complete response within {seconds} seconds.",
    "response_incomplete": "The response was not complete within {seconds} seconds.",
    "response_closed": "{host} closed the connection without a response.",
    "response_broke_off": "The response from {host} ended early or is not valid HTTP.",
    "response_invalid": "The response from {host} is not valid HTTP, or is too large.",
    "response_head_too_large": "The response headers from {host} are larger than 64 KiB.",
    "response_rest_invalid": "After its status, {host} sent data that is not valid HTTP.",
    "response_rest_broke_off": "The response from {host} ended early, after its status.",
    "response_hookbench_stopped": "Hookbench was stopped before the response was complete.",
    "connection_reset": "{host} reset the connection.",
    "connection_refused": "{host} refused the connection: nothing is listening on this port.",
    "connection_no_route": "There is no network route to {host}.",
    "connection_failed": "Could not connect to {host}.",
    "name_no_answer": "Could not look up {host}: no name server answered.",
    "name_not_found": "Could not find the host {host}.",
    "tls_client_certificate": "{host} requires a client certificate, which Hookbench does not support.",
    "tls_refused": (
        "{host} refused the TLS connection. It may require a client certificate, not know this name, or not "
        "support TLS 1.2 or newer."
    ),
    "tls_failed": "Could not establish a TLS connection. Does {host} use https on this port?",
    "certificate_expired": "The certificate of {host} has expired.",
    "certificate_not_yet_valid": "The certificate of {host} is not valid yet.",
    "certificate_other_host": "The certificate that {host} presents belongs to another host.",
    "certificate_unknown_authority": "The certificate of {host} is signed by an unknown authority.",
    "certificate_invalid": "The certificate of {host} is not valid.",
    "not_http": "The URL or a header cannot be sent over HTTP.",
    # Faults of Hookbench itself (domain/faults.py)
    "fault_before_send": (
        "Hookbench failed before anything was sent ({reason}). The code and the destination are not the cause."
    ),
    "fault_during_send": "Hookbench failed while sending the request ({reason}). The destination may have received it.",
    "fault_not_stored": ("The attempt was made, but Hookbench could not store its request and response ({reason})."),
    "fault_endpoint_parts_unreadable": (
        "Some settings of this endpoint cannot be read: {parts}. Enter them again on the endpoint's page, or "
        "delete the endpoint."
    ),
    "fault_endpoint_unreadable": "The settings of this endpoint could not be read ({reason}).",
    "fault_card_missing": (
        "The endpoint's integration card ({card}) does not exist or cannot be read, so nothing was sent: without it, "
        "the request would lack its credentials. Import the card again under this name, then re-run the delivery."
    ),
    "fault_version_missing": (
        "The version of the code that was chosen for this delivery is not stored, so nothing was sent. Resend it with "
        "another version."
    ),
    "fault_attempt_unreadable": "Part of this attempt's record could not be read from the database.",
    "fault_event_unreadable": "This event could not be read from the database ({reason}).",
    "fault_filter": (
        "Hookbench could not check whether this event matches the endpoint's filter ({reason}), so nothing was sent."
    ),
    "fault_replay": "Hookbench failed during the replay ({reason}).",
    "fault_never_ended": "The attempt had not started sending after {minutes} minutes and was ended.",
    "fault_sandbox_down": "The sandbox cannot run code right now.",
    "fault_out_of_resources": "This machine has no file handles or memory left for another connection.",
    # Parts of an endpoint that can be damaged by themselves (domain/endpoints.py)
    "part_url": "Endpoint URL",
    "part_credentials": "Credentials",
    "part_headers": "Custom headers",
    "part_variables": "Variables",
    "part_secret": "Signing secret",
    "part_former_secret": "Old signing secret",
    "part_event_types": "Subscribed events",
    "part_conditions": "Filter",
    "part_schedule": "Retries",
    "part_destination": "Destination",
    "part_disabled_because": "Reason for being disabled",
    "list": "{first}, {rest}",
    # Text that is shown unchanged
    "text": "{text}",
    # A sentence of a card's files, which their zh_Hans.json translates: see ``of_card``
    "card": "{text}",
    # Notifications of operational events (delivery/notifier.py, delivery/mailer.py)
    "notification_crowded": "Too many other notifications were waiting.",
    "notification_turned_off": "Turned off in the meantime.",
    "notification_no_server": "No mail server is configured. Set HOOKBENCH_SMTP_HOST.",
    "notification_fault": "Something went wrong in Hookbench. See its log for details.",
    "notification_unreadable": "This operational event could not be read from the database.",
    "notification_settings_unreadable": (
        "The notification settings cannot be read. Enter them again on the Settings page."
    ),
    "notification_status": "The webhook returned {status}.",
    "mail_addresses_rejected": "{host} rejected these addresses: {addresses}.",
    "mail_certificate": "The certificate of {host} was not accepted: {why}.",
    "mail_tls": "Could not establish an encrypted connection to {host}. Check the port and HOOKBENCH_SMTP_TLS.",
    "mail_sign_in": "{host} rejected the user name and password: {answer}",
    "mail_sender": "{host} rejected mail from {sender}: {answer}",
    "mail_all_rejected": "{host} rejected every address: {answer}",
    "mail_rejected": "{host} did not accept the e-mail: {answer}",
    "mail_closed": "{host} closed the connection.",
    "mail_connection": "Could not connect to {host}, port {port}.",
    "mail_no_sign_in": "{host} does not offer sign-in with a user name and password.",
    "mail_no_starttls": "{host} does not offer encryption (STARTTLS). Check HOOKBENCH_SMTP_TLS.",
    "mail_not_understood": "The response from {host} could not be understood.",
    "mail_timeout": "{host} did not accept the e-mail within {seconds} s.",
}
"""Key → its English sentence."""

_STORED = '{"key":'
CARD = "card"


@dataclass(frozen=True, slots=True)
class Reason(Sentence):
    """A sentence of ``REASONS`` with its key. ``because`` creates it."""

    key: str = ""


Cause = str | Reason
"""A reason, or text that is shown unchanged: what the user's code threw, or what an older version stored."""


def as_sentence(cause: Cause) -> Sentence:
    """The cause as a sentence; text is shown unchanged."""
    return cause if isinstance(cause, Reason) else because("text", text=cause)


def because(key: str, **values: str | int | Sentence) -> Reason:
    """The reason with this key: ``because("name_not_found", host="example.com")``."""
    return Reason(REASONS[key], values, key)


def of_card(text: str) -> Reason:
    """A sentence that a card's files contain, such as a hint of its contract. The text is its own translation key."""
    return Reason(text, {}, CARD)


def listed(reasons: Sequence[Reason]) -> Reason:
    """One reason that lists all of ``reasons``, separated by commas. There must be at least one."""
    return reduce(lambda before, one: because("list", first=before, rest=one), reasons)


def dump_cause(cause: Cause) -> str:
    """The cause as text for the database."""
    if isinstance(cause, str) and not cause.startswith(_STORED):
        return cause
    return json.dumps(as_data(as_sentence(cause)), separators=(",", ":"))


def load_cause(text: str) -> Cause:
    """The cause that ``dump_cause`` wrote, or the text that an older version stored."""
    if not text.startswith(_STORED):
        return text
    try:
        return from_data(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError):
        return text


def as_data(cause: str | int | Sentence) -> object:
    """A cause as JSON values: ``{"key": …, "values": {…}}``, or the text itself."""
    if not isinstance(cause, Reason):
        return cause if isinstance(cause, int) else str(cause)
    if cause.key == CARD:
        return {"key": CARD, "values": {"text": cause.text}}
    return {"key": cause.key, "values": {name: as_data(value) for name, value in cause.values.items()}}


def from_data(data: object) -> Cause:
    """The cause that ``as_data`` converted. An unknown key, from a newer version, becomes text."""
    if not isinstance(data, dict):
        return str(data)
    key = data["key"]
    if not isinstance(key, str):
        raise TypeError("key")
    if key not in REASONS:
        return key
    if key == CARD:
        return of_card(str(data["values"]["text"]))
    values = {name: value if isinstance(value, int) else from_data(value) for name, value in data["values"].items()}
    reason = because(key, **values)
    str(reason)  # raises KeyError for a value that is missing
    return reason
