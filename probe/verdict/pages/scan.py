"""Pages of findings about the whole scan, of controls, and of what was not sent."""

from __future__ import annotations

from probe.verdict.pages import Explanation


def _finding(title: str, how: str, do: str) -> Explanation:
    return Explanation(title, f"Seen over the whole scan: {how}", "One probe alone cannot show it.", do)


PAGES = {
    "denied-everywhere": _finding(
        "Everything is denied", "every request to the target was refused.", "Solve credential or network first, then scan again."
    ),
    "throttled-everywhere": _finding(
        "Everything is throttled", "every request hit a limit.", "Wait, lower --rate-limit, scan again."
    ),
    "failing-everywhere": _finding("Everything fails", "every request got a 5xx.", "Wait for the service to recover."),
    "unreachable-everywhere": _finding("Nothing is reachable", "no request got an answer.", "Run probe doctor."),
    "content-routes-unknown": _finding(
        "Metadata answers, content does not exist",
        "metadata is 200 and every download route is unknown to the router.",
        "Ask the vendor, with the request ids.",
    ),
    "doubled-openai-everywhere": _finding(
        "Doubled /openai in every path", "the base URL ends with what every path begins with.", "Take it out of the base URL."
    ),
    "answers-everything": _finding(
        "The target answers nonsense", "controls got the same good answer as real requests.", "Ask the service behind it."
    ),
    "auth-form-accepted": _finding(
        "This auth form is accepted", "the other forms of the same credential were tried once.", "Send the credential like this."
    ),
    "auth-forms-refused": _finding(
        "Every auth form is refused", "the credential was tried in all its forms.", "Exchange the credential."
    ),
    "no-credential-needed": _finding(
        "No credential is needed", "the control without a credential got a good answer.", "Check whether that is meant."
    ),
    "api-version-ignored": _finding(
        "The api-version is ignored", "an api-version that never was got a good answer.", "Do not look for the fault there."
    ),
    "model-not-listed": _finding(
        "No such model in the list",
        "the list of models answers and names no video model.",
        "Ask for access, or accept that it is switched off.",
    ),
    "targets-differ": _finding(
        "Targets differ", "the same request works at one target and not at another.", "Use the one where it works."
    ),
    "kind-past-its-date": _finding(
        "Listed as retired", "the vendor published an end for this artefact kind.", "Believe the answers first: dates move."
    ),
    "clock-skew": _finding(
        "The clocks differ", "the server's Date is more than five minutes from this machine's time.", "Set the clock."
    ),
    "tls-intercepted": _finding(
        "A proxy reads TLS", "the certificate's issuer is the maker of such proxies.", "Compare from another network."
    ),
    "control-refused": Explanation(
        "A control was refused, as it should be",
        "A request made to fail (nonsense path, bogus id, bogus api-version, no credential) failed.",
        "Nothing.",
        "Nothing: it is the yardstick for the other answers.",
    ),
    "control-accepted": Explanation(
        "A control was accepted",
        "A request made to fail got a good answer.",
        "A service that ignores what the control changed.",
        "Trust good answers of this server less.",
    ),
    "not-sent": Explanation(
        "Not sent",
        "The runner says why: the budget of requests or time, an interruption, a rule.",
        "Nothing.",
        "Raise the limit that the reason names.",
    ),
    "redirect-not-followed": Explanation(
        "A redirect that was not followed",
        "3xx whose target probe does not go to: too many, off limits, or missing.",
        "A login has its own code.",
        "Look at the report's links.",
    ),
    "status-unexpected": Explanation(
        "An answer that no rule knows",
        "None of the rules recognised a cause.",
        "Anything.",
        "Look at the answer; a new rule may be worth writing.",
    ),
    "probe-bug": Explanation(
        "A fault of probe itself",
        "A rule or the runner failed on this probe; all others were judged.",
        "Nothing.",
        "Report it with the run folder.",
    ),
}
