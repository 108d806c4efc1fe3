"""What a browser sends is taken over only if our own pages could have sent it: messages, and the values of controls.

Anyone can write such a message by hand. What no page of ours sends is passed over in silence: it must neither end the
run of a page with an error nor keep the server from answering others.
"""

import contextlib
import functools
import math
from typing import Any

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.state.common import unpack_widget_state_value
from streamlit.runtime.state.session_state import Serialized, Value, WStates
from streamlit.runtime.uploaded_file_manager import DeletedFile

MOST_FILES = 20_000
"""Names of files in one message: Streamlit answers each before it goes on with anything else, 0.03 ms a name."""
_KINDS = {"rerun_script", "stop_script", "app_heartbeat", "file_urls_request", "backend_operation_request"}
"""Streamlit also takes "clear_cache", which empties the caches of all visitors, and "load_git_info", which runs git and
tells the names of files that are not committed."""
_OPERATIONS = {"deferred_file", "dataframe_chunk"}
"""Others write into the server's home folder."""
_NUMBERS = {"int_value", "double_value"}
"""A number's control is declared to send the latter and sends the former if its numbers are whole."""


class Messages:
    """What a browser sends over one connection."""

    def __init__(self) -> None:
        self._page = ""

    def taken(self, content: bytes) -> bytes | None:
        """A message as Streamlit gets it; None for one that no page of ours sends. What is no message at all is left to
        Streamlit, which ends the connection.

        Streamlit answers with a reference what the browser says it still has. But a browser forgets while the answers
        to former messages come in, and ends the connection for good when it misses something: where pages are left
        faster than they are drawn, by Back and Forward. So what it has counts only as long as it stays on a page.
        """
        sent = BackMsg()
        try:
            sent.ParseFromString(content)
        except DecodeError:
            return content
        if not _is_ours(sent):
            return None
        if sent.HasField("rerun_script") and sent.rerun_script.page_script_hash != self._page:
            self._page = sent.rerun_script.page_script_hash
            sent.rerun_script.ClearField("cached_message_hashes")
            return sent.SerializeToString()
        return content


def _is_ours(sent: BackMsg) -> bool:
    return (
        sent.WhichOneof("type") in _KINDS
        and len(sent.file_urls_request.file_names) <= MOST_FILES
        and (
            not sent.HasField("backend_operation_request")
            or sent.backend_operation_request.WhichOneof("payload") in _OPERATIONS
        )
        and all(
            math.isfinite(number)
            for widget in sent.rerun_script.widget_states.widgets
            for number in (widget.double_value, *widget.double_array_value.data)
        )
    )


def check_values() -> None:
    """From now on a control has its first value where a browser sent one that it cannot have: of another kind, or one
    that Streamlit cannot read, which would end the run of the page with an error, and each one after it."""
    if hasattr(WStates.__getitem__, "__wrapped__"):
        return
    streamlits = WStates.__getitem__

    @functools.wraps(streamlits)
    def checked(states: WStates, id: str) -> Any:
        state, control = states.states.get(id), states.widget_metadata.get(id)
        if not isinstance(state, Serialized) or control is None:
            return streamlits(states, id)
        kind, own = state.value.WhichOneof("value"), control.value_type
        value = control.deserializer(None)
        if kind == own or {kind, own} == _NUMBERS:
            with contextlib.suppress(Exception):  # each kind of control raises its own; what was sent is to blame
                value = control.deserializer(unpack_widget_state_value(state.value))
        if kind == "file_uploader_state_value":
            value = _without_deleted(value)
        states.states[id] = Value(value)
        return value

    WStates.__getitem__ = checked  # type: ignore[method-assign]


def _without_deleted(files: Any) -> Any:
    """What an uploader holds, a list or a single file, without those that the server has not, or no longer."""
    if isinstance(files, list):
        return [file for file in files if not isinstance(file, DeletedFile)]
    return None if isinstance(files, DeletedFile) else files
