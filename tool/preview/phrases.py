"""The page's texts in both languages, with the names of SpaceONE's console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plugin.model.event import IgnoredReason
from preview.spaceone import WINDOW, Effect


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """One language. A phrase with {} takes a number, or a word of the plugin's or the platform's."""

    # the page
    title: str
    lead: str
    skip: str
    language: str
    gallery: str
    gallery_lead: str
    kinds: Mapping[str, str]  # folder of fixtures -> what it is
    first: Mapping[str, str]  # samples to begin with -> what they are
    # the form
    message: str
    message_hint: str
    show: str
    options: str
    options_hint: str
    by_default: str
    separated: str
    option_names: Mapping[str, str]  # empty: as the plugin's schema has them
    option_texts: Mapping[str, str]
    as_page: str
    arrival: str
    arrival_hint: str
    # what is wrong with it
    no_json: str
    no_object: str
    unreadable: str
    unread: str
    bad_arrival: str
    too_large: str
    # the answer
    result: str
    opens: str
    resolves: str
    split: str
    ignored: str
    reasons: Mapping[IgnoredReason, str]
    refused: str
    who: str
    actors: Mapping[str, str]  # class of the error -> who must act
    plugin_says: str
    confirms: str
    not_opened: str
    option_ignored: str
    more_events: str
    # the alert
    alert: str
    state: str
    states: Mapping[str, str]
    severity: str
    urgency: str
    high: str
    low: str
    resource: str
    rule: str
    occurred: str
    description: str
    unfold: str
    fold: str
    info: str
    key: str
    value: str
    event: str
    recovery_shows: str
    # what comes after it
    next_: str
    then: str
    answers: str
    in_spaceone: str
    steps: Mapping[str, str]  # of preview.sequel
    effects: Mapping[Effect, str]
    nothing: str
    rings: str
    next_hint: str
    never_over: str
    # event rules
    rules: str
    rules_lead: str
    operator: str
    operators: Mapping[str, str]
    try_: str
    matches: str
    matches_not: str
    found: str
    absent: str
    unsupported: str
    resource_is_gone: str
    added: str
    candidates: str
    condition: str


ENGLISH = Phrases(
    title="Alert preview",
    lead="Which alert SpaceONE makes of an OCI message. What you paste stays on this machine, and is stored nowhere.",
    skip="Skip to the result",
    language="Language",
    gallery="Gallery",
    gallery_lead="The messages that the tests of the plugin know. Choose one to see what becomes of it.",
    kinds={
        "alarm": "Alarms, as OCI Monitoring sends them",
        "alarm_specification": "Alarms, as the integration specification has them",
        "announcement": "Announcements",
        "batch": "Batches of records",
        "budget": "Budget alerts",
        "cloud_guard": "Cloud Guard problems",
        "confirmation": "Confirmations of a subscription",
        "log_record": "Log records",
        "metric_data": "Metric data",
        "notice": "Published messages",
        "oci_event": "OCI events",
        "refused": "What is refused",
    },
    first={
        "alarm/firing_compute": "An alarm fires",
        "alarm/recovery_compute": "The alarm is over",
        "alarm/separate_critical": "A severity rises, with an alert for each",
        "cloud_guard/detected": "A Cloud Guard problem",
        "oci_event/pair_database_down_begins": "A database is down",
        "notice/relayed_plain_text": "Plain text, through the relay",
        "confirmation/body": "A subscription asks to be confirmed",
        "refused/foreign": "A message that is refused",
    },
    message="Message",
    message_hint="What OCI sends, as JSON. Plain text and arrays are shown as the relay takes them.",
    show="Show the alert",
    options="Options of the webhook",
    options_hint="An empty field is the default. The plugin gets:",
    by_default="default: {}",
    separated="separated by commas",
    option_names={},
    option_texts={},
    as_page="as this page",
    arrival="Time of arrival",
    arrival_hint="ISO 8601, such as 2026-03-02T09:15:00Z; empty: now",
    no_json="This is not JSON, from line {}, column {} on.",
    no_object="SpaceONE answers HTTP 500 to anything but a JSON object: it stores nothing, and ONS retries until it gives up. "
    "This page shows the message as the relay passes it on.",
    unreadable="SpaceONE cannot hand this to the plugin: {}",
    unread="The plugin never sees the message.",
    bad_arrival="The time of arrival cannot be read; it is taken to be now.",
    too_large="The form is larger than this page takes.",
    result="Result",
    opens="The message opens an alert, or joins the open one of the same key.",
    resolves="The message resolves the open alert of the same key. Without one, SpaceONE stores nothing.",
    split="The message becomes {} events.",
    ignored="The plugin ignores the message on purpose. SpaceONE stores nothing.",
    reasons={
        IgnoredReason.NO_STATE_CHANGE: "It is neither a firing nor a recovery, which is normal.",
        IgnoredReason.METRIC_DATA: "It is metric data, and data is no alarm.",
        IgnoredReason.OCI_EVENTS_IGNORED: "The option oci_events is ignore, or trouble where this is none.",
        IgnoredReason.OLDER_THAN_RECOVERY: "It is older than a recovery of the same alarm.",
        IgnoredReason.OLDER_THAN_ALERT: "It is older than a later firing of the same alarm.",
    },
    refused="The plugin refuses the message. SpaceONE opens an alert of its own for each such delivery, which nothing closes.",
    who="Who must act",
    actors={
        "ERROR_MESSAGE": "Whoever sends the message: it must be changed.",
        "ERROR_OPTION": "The owner of the webhook: its options must be changed.",
        "ERROR_UNTRUSTED": "Whoever sends the message must prove it, or the owner of the webhook must change its options.",
        "ERROR_CONFIRMATION": "The owner of the subscription, who confirms it by hand.",
        "ERROR_UNAVAILABLE": "The operator: the plugin must reach Oracle. After that it can be sent again.",
        "ERROR_DEFECT": "The maintainers of the plugin: report it.",
    },
    plugin_says="The plugin says",
    confirms="ONS asks whether the subscription is wanted. The plugin says so by opening this link, and no alert is made.",
    not_opened="The preview did not open it.",
    option_ignored="An option is not valid, and its default is taken.",
    more_events="{} further events are not shown.",
    alert="Alert",
    state="State",
    states={"TRIGGERED": "Triggered", "RESOLVED": "Resolved", "ERROR": "Error"},
    severity="Severity",
    urgency="Urgency",
    high="High",
    low="Low",
    resource="Resource",
    rule="Rule",
    occurred="Occurred at",
    description="Description",
    unfold="Show more",
    fold="Show less",
    info="Additional info",
    key="Key",
    value="Value",
    event="Event, as SpaceONE gets it",
    recovery_shows="SpaceONE keeps the title and the severity of the firing; only the description becomes this one.",
    next_="What happens next",
    then="Message",
    answers="Plugin",
    in_spaceone="SpaceONE",
    steps={
        "this": "This message",
        "repeat": "The alarm repeats",
        "again": "The same happens again",
        "rises": "Its severity rises to CRITICAL",
        "recovery": "It is over",
        "late": "ONS delivers this message once more",
    },
    effects={
        Effect.OPENS: "opens an alert",
        Effect.JOINS: "joins the alert: its description is replaced, nobody is notified",
        Effect.CLOSES: "resolves the alert",
        Effect.DROPPED: "stores nothing: no alert of this key is open",
    },
    nothing="stores nothing",
    rings="opens an alert in state Error",
    next_hint=f"If each message arrives within {WINDOW} seconds of the one before (the operator's DUPLICATE_EVENT_TIME), and "
    "auto recovery is on in the project, where it is off by default. Messages of the same event key share an alert:",
    never_over="No message resolves this alert. A person does.",
    rules="Try an event rule",
    rules_lead="Whether a condition of an event rule holds for this event.",
    operator="Operator",
    operators={"eq": "is", "contain": "contains, in any case", "not": "is not", "not_contain": "does not contain, in any case"},
    try_="Try the condition",
    matches="The condition holds.",
    matches_not="The condition does not hold.",
    found="The event has {}.",
    absent="The event has nothing under this key, and then no operator holds, not even “is not”.",
    unsupported="SpaceONE refuses a rule with this condition: it must have a value, and a key out of {} or additional_info.….",
    resource_is_gone="SpaceONE takes the resource out of an event before it asks its rules. Use additional_info.resource_id.",
    added="SpaceONE itself adds it to the event: here it is not known.",
    candidates="Keys of this event and what they hold",
    condition="Condition, for the API",
)

KOREAN = Phrases(
    title="얼럿 미리 보기",
    lead="OCI 메시지가 SpaceONE에서 어떤 얼럿이 되는지 보여 줍니다. "
    "붙여 넣은 내용은 이 컴퓨터 밖으로 나가지 않으며 어디에도 저장되지 않습니다.",
    skip="결과로 바로 가기",
    language="언어",
    gallery="예제",
    gallery_lead="플러그인의 테스트에서 사용하는 메시지입니다. 하나를 선택하면 처리 결과를 볼 수 있습니다.",
    kinds={
        "alarm": "알람(OCI Monitoring이 보내는 형식)",
        "alarm_specification": "알람(연동 기술 명세서의 형식)",
        "announcement": "OCI 공지",
        "batch": "여러 레코드를 묶은 메시지",
        "budget": "예산 알림",
        "cloud_guard": "Cloud Guard 문제",
        "confirmation": "구독 확인 요청",
        "log_record": "로그 레코드",
        "metric_data": "메트릭 데이터",
        "notice": "직접 게시한 메시지",
        "oci_event": "OCI 이벤트",
        "refused": "거부되는 메시지",
    },
    first={
        "alarm/firing_compute_korean": "알람 발생",
        "alarm/recovery_korean": "알람 복구",
        "alarm/separate_warning_korean": "심각도마다 얼럿을 따로 생성",
        "cloud_guard/detected": "Cloud Guard 문제 탐지",
        "oci_event/pair_database_down_begins": "데이터베이스 중단",
        "notice/relayed_plain_text": "릴레이를 거친 일반 텍스트",
        "confirmation/body": "구독 확인 요청",
        "refused/foreign": "거부되는 메시지",
    },
    message="메시지",
    message_hint="OCI가 보낸 JSON을 붙여 넣습니다. 일반 텍스트와 배열은 릴레이를 거친 결과를 보여 줍니다.",
    show="얼럿 보기",
    options="웹훅 옵션",
    options_hint="비워 두면 기본값을 사용합니다. 플러그인이 받는 옵션:",
    by_default="기본값: {}",
    separated="쉼표로 구분",
    option_names={
        "signature": "서명",
        "signature_max_age": "서명 유효 시간",
        "confirm": "구독 확인",
        "topics": "토픽",
        "provider": "프로바이더",
        "account": "어카운트",
        "escalation": "심각도별 얼럿",
        "language": "언어",
        "oci_events": "OCI 이벤트",
    },
    option_texts={
        "signature": "ignore: 서명을 확인하지 않습니다. verify: 서명이 있으면 검증합니다. "
        "require: 서명이 없는 메시지를 거부합니다.",
        "signature_max_age": "서명된 메시지를 받아들이는 시간(초)입니다.",
        "confirm": "ONS가 보낸 구독 확인 링크를 엽니다.",
        "topics": "메시지를 보낼 수 있는 토픽의 OCID입니다. 비워 두면 모든 토픽을 허용합니다.",
        "provider": "이벤트에 표시할 프로바이더입니다.",
        "account": "웹훅이 담당하는 테넌시입니다. 알람 메시지에는 테넌시 정보가 없습니다.",
        "escalation": "join: 알람마다 얼럿 하나를 생성합니다. separate: 심각도마다 얼럿을 따로 생성합니다.",
        "language": "제목과 설명에서 플러그인이 직접 쓰는 문구의 언어입니다.",
        "oci_events": "alert: 모두 얼럿으로 만듭니다. trouble: WARNING 이상과 그 복구만 처리합니다. ignore: 처리하지 않습니다.",
    },
    as_page="이 페이지와 같음",
    arrival="수신 시각",
    arrival_hint="ISO 8601 형식(예: 2026-03-02T09:15:00Z). 비워 두면 현재 시각",
    no_json="JSON이 아닙니다({}행 {}열).",
    no_object="JSON 객체가 아닌 메시지에는 SpaceONE이 HTTP 500으로 응답하고 아무것도 저장하지 않으며, "
    "ONS는 포기할 때까지 재전송합니다. 릴레이를 거치면 플러그인에 전달됩니다. 아래는 릴레이를 거친 결과입니다.",
    unreadable="SpaceONE이 플러그인에 전달할 수 없는 메시지입니다: {}",
    unread="메시지가 플러그인에 전달되지 않습니다.",
    bad_arrival="수신 시각을 읽을 수 없어 현재 시각을 사용했습니다.",
    too_large="입력한 내용이 이 페이지에서 처리할 수 있는 크기를 넘었습니다.",
    result="결과",
    opens="이 메시지로 얼럿이 생성됩니다. 같은 키의 얼럿이 열려 있으면 그 얼럿에 합쳐집니다.",
    resolves="이 메시지로 같은 키의 열려 있는 얼럿이 완료됩니다. "
    "열려 있는 얼럿이 없으면 SpaceONE은 아무것도 저장하지 않습니다.",
    split="이 메시지는 이벤트 {}개가 됩니다.",
    ignored="플러그인이 의도적으로 무시하는 메시지입니다. SpaceONE은 아무것도 저장하지 않습니다.",
    reasons={
        IgnoredReason.NO_STATE_CHANGE: "발생도 복구도 아닌 메시지입니다(정상 동작).",
        IgnoredReason.METRIC_DATA: "메트릭 데이터이며 알람이 아닙니다.",
        IgnoredReason.OCI_EVENTS_IGNORED: "옵션 oci_events가 ignore이거나, trouble인데 이 이벤트는 장애가 아닙니다.",
        IgnoredReason.OLDER_THAN_RECOVERY: "같은 알람의 복구 메시지보다 먼저 발생한 메시지입니다.",
        IgnoredReason.OLDER_THAN_ALERT: "같은 알람의 다음 발생 메시지보다 먼저 발생한 메시지입니다.",
    },
    refused="플러그인이 거부하는 메시지입니다. "
    "SpaceONE은 이런 메시지를 받을 때마다 얼럿을 새로 생성하며, 이 얼럿은 자동으로 완료되지 않습니다.",
    who="조치 담당자",
    actors={
        "ERROR_MESSAGE": "메시지를 보내는 쪽에서 메시지를 수정해야 합니다.",
        "ERROR_OPTION": "웹훅 담당자가 옵션을 수정해야 합니다.",
        "ERROR_UNTRUSTED": "보내는 쪽에서 서명 또는 토픽을 갖추거나, 웹훅 담당자가 옵션을 변경해야 합니다.",
        "ERROR_CONFIRMATION": "구독 담당자가 직접 구독을 확인해야 합니다.",
        "ERROR_UNAVAILABLE": "운영자가 플러그인에서 Oracle에 접속할 수 있게 해야 합니다. 그 뒤에 다시 보냅니다.",
        "ERROR_DEFECT": "플러그인의 결함이므로 개발자에게 알려야 합니다.",
    },
    plugin_says="플러그인의 오류 메시지(원문)",
    confirms="ONS가 구독 확인을 요청하는 메시지입니다. 플러그인이 아래 링크를 열어 구독을 확인하며 얼럿은 생성되지 않습니다.",
    not_opened="미리 보기에서는 이 링크를 열지 않습니다.",
    option_ignored="잘못된 옵션이 있어 기본값을 사용했습니다.",
    more_events="이벤트 {}개는 표시하지 않았습니다.",
    alert="얼럿",
    state="상태",
    states={"TRIGGERED": "생성", "RESOLVED": "완료", "ERROR": "에러"},
    severity="심각도",
    urgency="긴급도",
    high="높음",
    low="낮음",
    resource="리소스",
    rule="규칙",
    occurred="발생 시각",
    description="설명",
    unfold="더 보기",
    fold="접기",
    info="추가 정보",
    key="키",
    value="값",
    event="SpaceONE이 받는 이벤트",
    recovery_shows="얼럿의 제목과 심각도는 발생할 때의 값으로 유지되며 설명만 바뀝니다.",
    next_="이후 처리",
    then="메시지",
    answers="플러그인",
    in_spaceone="SpaceONE",
    steps={
        "this": "이 메시지",
        "repeat": "알람 반복",
        "again": "같은 일이 다시 발생",
        "rises": "심각도가 CRITICAL로 상승",
        "recovery": "복구",
        "late": "ONS가 이 메시지를 다시 전송",
    },
    effects={
        Effect.OPENS: "얼럿 생성",
        Effect.JOINS: "기존 얼럿에 합침(설명만 바뀌고 알림은 다시 보내지 않음)",
        Effect.CLOSES: "얼럿 완료",
        Effect.DROPPED: "저장하지 않음(같은 키의 열린 얼럿이 없음)",
    },
    nothing="저장하지 않음",
    rings="에러 상태의 얼럿 생성",
    next_hint=f"각 메시지가 앞의 메시지로부터 {WINDOW}초(운영자의 DUPLICATE_EVENT_TIME) 안에 도착하고 "
    "프로젝트의 자동 복구가 켜져 있을 때의 결과입니다. "
    "자동 복구는 기본적으로 꺼져 있습니다. 이벤트 키가 같은 메시지는 하나의 얼럿에 속합니다.",
    never_over="이 얼럿을 완료하는 메시지는 없습니다. 담당자가 직접 완료 처리합니다.",
    rules="이벤트 규칙 테스트",
    rules_lead="이벤트 규칙의 조건이 이 이벤트에 맞는지 확인합니다.",
    operator="연산자",
    operators={
        "eq": "같음",
        "contain": "포함(대소문자 무시)",
        "not": "같지 않음",
        "not_contain": "포함하지 않음(대소문자 무시)",
    },
    try_="조건 확인",
    matches="조건에 맞습니다.",
    matches_not="조건에 맞지 않습니다.",
    found="이벤트의 값: {}",
    absent="이벤트에 이 키의 값이 없습니다. 값이 없으면 ‘같지 않음’을 포함한 모든 연산자가 맞지 않는 것으로 처리됩니다.",
    unsupported="SpaceONE이 거부하는 조건입니다. 값을 입력하고, 키는 {} 또는 additional_info.… 중에서 지정해야 합니다.",
    resource_is_gone="SpaceONE은 규칙을 확인하기 전에 이벤트에서 리소스를 제거합니다. "
    "additional_info.resource_id를 사용하십시오.",
    added="SpaceONE이 이벤트에 추가하는 값이므로 여기에서는 알 수 없습니다.",
    candidates="이 이벤트의 키와 값",
    condition="API에 입력할 조건",
)

PHRASES: Mapping[str, Phrases] = {"en": ENGLISH, "ko": KOREAN}
