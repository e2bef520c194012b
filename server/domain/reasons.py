"""Why something did not happen, as data: a key and values. It is stored like that and put into words for each reader.

A key is never changed or used again for something else: rows in the database name it. Its English text may be reworded
at any time.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from server.domain.sentences import Sentence

REASONS: Mapping[str, str] = {
    # The address that a request would go to (domain/addresses.py)
    "address_loopback": "The address belongs to this machine itself (loopback). Deliveries to it are not allowed.",
    "address_private": "The address is in a private network. Deliveries to it are not allowed.",
    "address_shared": (
        "The address is in a provider's shared network (carrier-grade NAT). Deliveries to it are not allowed."
    ),
    "address_link_local": "The address is link-local. Deliveries to it are not allowed.",
    "address_metadata": "The address is a cloud provider's metadata service. Deliveries to it are not allowed.",
    "address_multicast": "The address is a multicast or broadcast address. Deliveries to it are not allowed.",
    "address_documentation": "The address is reserved for documentation and tests. Deliveries to it are not allowed.",
    "address_tunnel": (
        "The address wraps another one in a tunnel (6to4, Teredo, NAT64). Deliveries to it are not allowed."
    ),
    "address_reserved": (
        "The address is reserved and not part of the public internet. Deliveries to it are not allowed."
    ),
    "url_empty": "Enter the URL that events are sent to.",
    "url_too_long": "The URL is longer than {limit} characters.",
    "url_bad_characters": "The URL contains a space, a backslash or a control character.",
    "url_scheme": "The URL must start with https:// or http://.",
    "url_host": "The URL has no readable host and port.",
    "url_password": "The URL must not contain a user name or a password; put them into a header instead.",
    # The request that the code made (domain/requests.py)
    "request_method": "webhook.method must be one of {methods}.",
    "request_url": "webhook.url cannot be used: {problem}",
    "request_form": (
        "With the content type {type} webhook.payload must be a flat object (text, numbers, true, false, null) "
        "or a string that is encoded already."
    ),
    "headers_too_many": "At most {limit} headers can be set.",
    "header_name": "“{name}” is not a header name: use letters, digits and hyphens, without spaces or a colon.",
    "header_reserved": "The header {name} is reserved: Hookbench or the connection sets it.",
    "header_control_character": "The value of the header {name} contains a line break or a control character.",
    "header_not_ascii": (
        "The value of the header {name} has characters outside ASCII; encode them, as encodeURIComponent does."
    ),
    "header_too_long": "The value of the header {name} is longer than {limit} bytes.",
    # The run of the code (server/sandbox; its worker writes keys, see prelude/trouble.js)
    "handler_missing": "The code declares no function named handler. Write: {code}",
    "handler_never_settles": (
        "handler returned a promise that never settles. There are no timers and no network to wait for."
    ),
    "handler_returned": (
        "handler returned {kind}. End it with `return webhook`, or with `return null` to send nothing."
    ),
    "result_not_text": "webhook.{name} must be a string, not {kind}.",
    "result_headers": "webhook.headers must be an object of names and values, not {kind}.",
    "result_headers_too_many": "webhook.headers has more than {limit} entries.",
    "result_header_value": "The header {name} must be a string, a number or a boolean, not {kind}.",
    "result_payload": "webhook.payload is {kind}. Set it to what is to be sent, and `return webhook`.",
    "result_too_deep": "webhook.payload is nested too deeply to be sent.",
    "result_too_large": "The result is larger than {limit} KiB. Send less.",
    "time_limit": "The code ran longer than {seconds} s and was stopped.",
    "memory_limit": "The code used more than {limit} MiB of memory and was stopped.",
    "sandbox_forbidden": "The code made the engine try what the sandbox forbids, and was stopped.",
    "sandbox_crashed": "The JavaScript engine crashed ({signal}).",
    "sandbox_failed": "The sandbox could not run the code.",
    "sandbox_reply": "The sandbox gave an answer that cannot be used ({reason}).",
    "sandbox_not_checked": "The code could not be checked.",
    "sandbox_keeps_ending": (
        "Hookbench could not run the code: its process ended {times} times, through no fault that is known of the code."
    ),
    "sandbox_fault": "Hookbench could not run the code, through a fault of its own ({reason}).",
    "sandbox_locale_fault": (
        "Hookbench could not provide the locale data {part}, through a fault of its own ({reason})."
    ),
    "sandbox_too_many_parts": "The code asked for more than {limit} pieces of locale data in one run.",
    "kind_array": "an array",
    "kind_object": "an object",
    "kind_string": "a string",
    "kind_number": "a number",
    "kind_boolean": "a boolean",
    "kind_function": "a function",
    "kind_bigint": "a BigInt",
    "kind_symbol": "a symbol",
    # The way to the destination (delivery/courier.py)
    "response_timeout": "No whole answer within {seconds} seconds.",
    "response_incomplete": "The response was not complete within {seconds} seconds.",
    "response_closed": "{host} closed the connection without an answer.",
    "response_broke_off": "The answer of {host} broke off, or is not valid HTTP.",
    "response_invalid": "What {host} answered is not valid HTTP, or too large.",
    "response_head_too_large": "The response of {host} has more than 64 KiB beside its body.",
    "response_rest_invalid": "What followed the status of {host} is not valid HTTP.",
    "response_rest_broke_off": "The response of {host} broke off after its status.",
    "response_hookbench_stopped": "Hookbench was stopped before the response was complete.",
    "connection_reset": "{host} broke the connection.",
    "connection_refused": "{host} refused the connection: nothing listens there.",
    "connection_no_route": "There is no way to {host} from here.",
    "connection_failed": "No connection to {host} came about.",
    "name_no_answer": "The name {host} could not be looked up: no name server answered.",
    "name_not_found": "The name {host} was not found.",
    "tls_client_certificate": "{host} wants a client certificate, which Hookbench cannot show.",
    "tls_refused": (
        "{host} speaks https and refused the connection: it may want a client certificate, know no such "
        "name, or have no TLS as new as 1.2."
    ),
    "tls_failed": "No encrypted connection came about. Does {host} speak https there?",
    "certificate_expired": "The certificate of {host} has expired.",
    "certificate_not_yet_valid": "The certificate of {host} is not valid yet.",
    "certificate_other_host": "The certificate that {host} shows is for another host.",
    "certificate_unknown_authority": "The certificate of {host} is signed by an unknown authority.",
    "certificate_invalid": "The certificate of {host} is not valid.",
    "not_http": "The URL or a header cannot be sent over HTTP.",
    # Faults of Hookbench itself (domain/faults.py)
    "fault_before_send": (
        "Hookbench failed before anything was sent ({reason}). Neither the code nor the destination is to blame."
    ),
    "fault_during_send": "Hookbench failed while the request was under way ({reason}). It may have arrived.",
    "fault_not_stored": ("This attempt was made, but Hookbench could not keep its request and response ({reason})."),
    "fault_endpoint_parts_unreadable": (
        "This endpoint cannot be read: {parts}. Enter it again on the endpoint's page, or delete it."
    ),
    "fault_endpoint_unreadable": "The settings of this endpoint cannot be read ({reason}).",
    "fault_attempt_unreadable": "Some of what was kept of this attempt cannot be read from the database.",
    "fault_event_unreadable": "This event cannot be read from the database ({reason}).",
    "fault_filter": (
        "Hookbench could not tell whether this event fits the endpoint's filter ({reason}), so nothing was sent."
    ),
    "fault_replay": "Hookbench failed at the replay ({reason}).",
    "fault_never_ended": "The attempt had not begun to send after {minutes} minutes and was ended.",
    "fault_sandbox_down": "The sandbox cannot run code at the moment.",
    "fault_out_of_resources": "This machine has no file or memory left for another connection.",
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
    # Text that is shown as it is
    "text": "{text}",
    # Notifications of operational events (delivery/notifier.py, delivery/mailer.py)
    "notification_crowded": "Too many others were waiting to be sent.",
    "notification_turned_off": "Switched off in the meantime.",
    "notification_no_server": "No mail server is set. See HOOKBENCH_SMTP_HOST.",
    "notification_fault": "Something went wrong on our side; the log of Hookbench says what.",
    "notification_unreadable": "This operational event cannot be read from the database.",
    "notification_settings_unreadable": (
        "The settings that say who is told cannot be read. Enter them again on the page Settings."
    ),
    "notification_status": "The webhook answered {status}.",
    "mail_addresses_rejected": "{host} refused these addresses: {addresses}.",
    "mail_certificate": "The certificate of {host} is not accepted: {why}.",
    "mail_tls": "No encrypted connection to {host} came about. Is it the right port, and HOOKBENCH_SMTP_TLS?",
    "mail_sign_in": "{host} does not accept the user name and password: {answer}",
    "mail_sender": "{host} refuses mail from {sender}: {answer}",
    "mail_all_rejected": "{host} refuses every address: {answer}",
    "mail_rejected": "{host} did not take the mail: {answer}",
    "mail_closed": "{host} closed the connection.",
    "mail_connection": "No connection to {host}, port {port}, came about.",
    "mail_no_sign_in": "{host} offers no way to sign in with a user name and a password.",
    "mail_no_starttls": "{host} does not offer encryption (STARTTLS). See HOOKBENCH_SMTP_TLS.",
    "mail_not_understood": "What {host} answered is not understood.",
    "mail_timeout": "{host} did not take the mail within {seconds} s.",
}
"""Key → its English sentence."""

_STORED = '{"key":'


@dataclass(frozen=True, slots=True)
class Reason(Sentence):
    """A sentence of ``REASONS``, known by its key. Made by ``because``."""

    key: str = ""


Cause = str | Reason
"""A reason; or text that is shown as it is: what somebody's own code threw, or what an older version stored."""


def as_sentence(cause: Cause) -> Sentence:
    """A sentence to show; text is shown as it is."""
    return cause if isinstance(cause, Reason) else because("text", text=cause)


def because(key: str, **values: str | int | Sentence) -> Reason:
    """The reason with this key: ``because("name_not_found", host="example.com")``."""
    return Reason(REASONS[key], values, key)


def listed(reasons: Sequence[Reason]) -> Reason:
    """Several reasons in one, with commas between them; at least one."""
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
    return {"key": cause.key, "values": {name: as_data(value) for name, value in cause.values.items()}}


def from_data(data: object) -> Cause:
    """What ``as_data`` made. A key that a newer version wrote is shown as it is."""
    if not isinstance(data, dict):
        return str(data)
    key = data["key"]
    if not isinstance(key, str):
        raise TypeError("key")
    if key not in REASONS:
        return key
    values = {name: value if isinstance(value, int) else from_data(value) for name, value in data["values"].items()}
    reason = because(key, **values)
    str(reason)  # raises KeyError for a value that is missing
    return reason
