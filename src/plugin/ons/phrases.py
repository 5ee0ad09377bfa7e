"""The plugin's own words in titles and descriptions, in the languages that an operator can choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """One language, English unless others are given. A phrase with {} takes a number or a severity, never a sender's text."""

    # alarms
    alarm: str = "OCI alarm"
    recovered: str = "Recovered"
    reset: str = "Reset, because the metric stopped, which is no proof of health"
    moved: str = "The severity is now {}"
    more: str = "and {} more"
    rule: str = "Rule"
    region: str = "Region"
    compartment: str = "Compartment"
    # OCI events
    resource: str = "Resource"
    actor: str = "By"
    address: str = "From"
    failed: str = "failed"
    # Cloud Guard
    problem: str = "Problem"
    risk_level: str = "Risk level"
    resource_type: str = "Resource type"
    impacted_resource_type: str = "Impacted resource type"
    first_detected: str = "First detected"
    last_detected: str = "Last detected"
    reason: str = "Reason"
    recommendation: str = "Recommendation"
    closed: str = "Closed"
    dismissed: str = "Dismissed"
    remediated: str = "Remediated"
    # budgets
    budget_alert: str = "Budget alert"
    budget: str = "Budget"
    amount: str = "Amount"
    spent: str = "Spent"
    forecast: str = "Forecast"
    threshold: str = "Threshold"
    threshold_reached: str = "The threshold of the budget's alert rule was reached."
    actual_reached: str = "Actual spending reached the threshold of the budget's alert rule."
    forecast_reached: str = "Spending is forecast to reach the threshold of the budget's alert rule."
    budget_reset: str = "Recovered: the budget's alert rule was reset."
    budget_deleted: str = "Recovered: the triggered alert of the budget's alert rule was deleted."
    # log records
    log: str = "Log"
    log_record: str = "Log record"
    source: str = "Source"
    type: str = "Type"
    # announcements
    announcement: str = "OCI announcement"
    services: str = "Services"
    regions: str = "Regions"
    ticket: str = "Reference ticket"
    # batches
    batch: str = "OCI batch: {} of {} records could not be read"
    batch_unknown: str = "The sender must change the records that could not be read."
    batch_others: str = "The other records became events of their own."


ENGLISH = Phrases()
KOREAN = Phrases(
    alarm="OCI 알람",
    recovered="복구됨",
    reset="초기화됨 (메트릭 수집이 중단되었으며, 정상 상태를 의미하지 않음)",
    moved="심각도가 {}(으)로 변경됨",
    more="외 {}건",
    rule="조건",
    region="리전",
    compartment="컴파트먼트",
    resource="리소스",
    actor="수행자",
    address="접속 IP",
    failed="실패",
    problem="문제",
    risk_level="위험 수준",
    resource_type="리소스 유형",
    impacted_resource_type="영향받은 리소스 유형",
    first_detected="최초 감지",
    last_detected="최근 감지",
    reason="사유",
    recommendation="권장 조치",
    closed="종료됨",
    dismissed="해제됨",
    remediated="조치 완료됨",
    budget_alert="예산 알람",
    budget="예산",
    amount="예산 금액",
    spent="지출",
    forecast="예상 지출",
    threshold="임계값",
    threshold_reached="예산 알람 규칙의 임계값에 도달했습니다.",
    actual_reached="실제 지출이 예산 알람 규칙의 임계값에 도달했습니다.",
    forecast_reached="예상 지출이 예산 알람 규칙의 임계값에 도달할 것으로 예측됩니다.",
    budget_reset="복구됨: 예산 알람 규칙이 초기화되었습니다.",
    budget_deleted="복구됨: 예산 알람 규칙에서 발생한 알람이 삭제되었습니다.",
    log="로그",
    log_record="로그 레코드",
    source="출처",
    type="유형",
    announcement="OCI 공지",
    services="서비스",
    regions="리전",
    ticket="참조 티켓",
    batch="OCI 일괄 메시지: 전체 {1}건 중 {0}건을 읽을 수 없음",
    batch_unknown="읽을 수 없는 레코드는 보내는 쪽에서 수정해야 합니다.",
    batch_others="나머지 레코드는 각각 이벤트로 처리되었습니다.",
)

PHRASES: Mapping[str, Phrases] = {"en": ENGLISH, "ko": KOREAN}
