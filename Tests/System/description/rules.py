"""How schemathesis judges answers where its own checks know less than this server's description says.

The description cannot tell every rule: some need two fields, the model's vocabulary or a prompt's length. A
request that keeps to the description may be refused by one of those rules, and by no other.
"""

import json
import re

import schemathesis

# What a refusal says where the schema could not have said it.
BEYOND_SCHEMAS = [
    r"^min_tokens is \d+, and max_tokens allows",
    r"^prompt_logprobs cannot be told in a stream",
    r"^best_of is \d+, (it must not be less than n|and only \d+ of them can be streamed)",
    r"^top_logprobs is \d+, which needs logprobs",
    r"cannot be combined with|cannot stand beside tools|together with",
    r"asks for a call, and the request has no tools|which is none of the request's tools",
    r"^continue_final_message is true, and the last message ends in tool calls",
    r"ends in tool_use, the results of its calls must follow",
    r"^logit_bias (names token \d+ twice|has the key)",
    r"has \d+ bytes, (at most \d+ are allowed|it must have between)",
    r"is not in the model's vocabulary|; the vocabulary ends before \d+",
    # What a JSON reader can hold.
    r"^the request body is not valid JSON: (NUL byte in object key|too big |real number overflow)",
    r"^no token may come next",
    r"^the prompt has no tokens|^the text has no tokens|^prompt is too long",
    # A schema for a text is a language of its own, and so are regular expressions and grammars.
    r"cannot be used: |cannot be enforced: ",
    # What a template demands of a conversation.
    r"^the chat template ",
    r"writes text, and makes neither vectors nor scores",
    r"^(after|before)_id is .* which is not a model of this server",
    # An event's id begins with the stream that it is of.
    r"is no event of the stream",
]
RULE = re.compile("|".join(f"(?:{rule})" for rule in BEYOND_SCHEMAS), re.DOTALL)


def message(response):
    return json.loads(response.content)["error"]["message"]


@schemathesis.check
def takes_what_is_described(ctx, response, case):
    """A request that keeps to the description is understood."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 400:
        return
    assert RULE.search(
        message(response)
    ), f"refused, and the description does not say why: {message(response)}"


@schemathesis.check
def breaks_for_nobody(ctx, response, case):
    """No request breaks the server; a time limit of the client's own may be over."""
    if response.status_code == 504:
        assert "x-millrace-timeout-ms" in {name.lower() for name in case.headers or {}}, "nobody set a limit"
    else:
        assert response.status_code < 500 or response.status_code in (503, 529), "the server broke"


@schemathesis.check
def says_what_is_wrong(ctx, response, case):
    """Every error has the shape of its API and a sentence."""
    if response.status_code < 400 or response.status_code == 503 and case.path in ("/ready", "/readyz"):
        return
    body = json.loads(response.content)
    assert body["error"]["message"].strip(), "an error without a sentence"
    if "request-id" in response.headers:
        assert body["type"] == "error" and [body["request_id"]] == response.headers["request-id"]
    else:
        assert set(body) == {"error"} and set(body["error"]) == {"message", "type", "param", "code"}
        assert "x-request-id" in response.headers
