"""Answers of the portal's evaluation screens, written by hand for the tests.

In the shapes seen in public captures of August to October 2026; the worked values are Phú
Thọ's of August 2026.
"""

import json

NAME = "a_2026-08_captured-2026-09-26T18-14-41Z.json"
PROVINCE = {"departmentId": "u-0", "departmentName": "UBND tỉnh Phú Thọ"}
OFFICE = {
    "departmentId": "u-1",
    "departmentName": "Văn phòng UBND Tỉnh - Tỉnh Phú Thọ",
    "departmentCode": "H44.01",
    "level": "PROVINCE",
}
WARD = {
    "departmentId": "u-2",
    "departmentName": "UBND Phường Việt Trì",
    "departmentCode": "H44.100",
    "level": "COMMUNE",
}


def metric(code, numerator, denominator, score, maximum, **more):
    share = 100 * numerator / denominator if denominator else 0
    return {
        "code": code, "name": code.title(), "numerator": numerator, "denominator": denominator,
        "ratio": round(share, 2), "score": score, "maxScore": maximum, **more,
    }  # fmt: skip


PROGRESS = {
    "parent": {
        **PROVINCE, "departmentCode": "H44", "totalReceived": 184513, "totalOnTime": 144625,
        "totalCompleted": 150000, "avgProcessingDays": 7.05, "ratio": 78.38, "totalScore": 15.68,
        "totalMaxScore": 20,
    },
    "children": [
        {**OFFICE, "totalReceived": 0, "totalOnTime": 0, "totalOverdue": 0, "ratio": 0,
         "score": 0, "maxScore": 20, "scoreDelta": None},
        {**WARD, "totalReceived": 2971, "totalOnTime": 2350, "totalOverdue": 621, "ratio": 79.1,
         "score": 15.82, "maxScore": 20},
    ],
}  # fmt: skip
TRANSPARENCY = {
    "overview": {
        **PROVINCE, "departmentType": "PROVINCE", "totalScore": 7.96, "averageScore": 7.89,
    },
    "monthlyChart": [{"month": 8, "score": 7.96}],
    "evaluation": [
        {
            "departmentId": "u-1", "departmentName": OFFICE["departmentName"],
            "departmentType": "PROVINCIAL_DEPARTMENT", "departmentLevel": "PROVINCE",
            "totalScore": 1.96, "totalMaxScore": 18, "ratio": 10.89,
            "metrics": [
                metric("PUBLISH_ON_TIME", 0, 0, None, 6),
                metric("PUBLIC_UPDATE_ON_TIME", 0, 0, None, 4),
                metric("PUBLIC_CONTENT_FULL", 87, 89, 1.96, 2),
                metric("DOSSIER_SYNC", 0, 0, None, 6, dataQualityStatus="NO_NATIONAL_REPORT_DATA"),
            ],
        }
    ],
}  # fmt: skip
SERVICES = {
    "parent": {
        **PROVINCE, "departmentCode": "H44", "totalScore": 8.83, "totalMaxScore": 12,
        "ratio": 73.58, "authorityCount": 56, "partialCount": 31, "fullCount": 21,
        "onlineDossierCount": 406, "onlineServiceTotal": 1968, "channelOnlineSum": 150956,
        "channelDirectSum": 1639, "channelPostalSum": 0, "channelTotalSum": 152595,
    },
    "children": [{**WARD, "totalScore": 6.48, "totalMaxScore": 12, "ratio": 54}],
}  # fmt: skip
PAYMENT = {
    "parent": {
        **PROVINCE, "departmentCode": "H44", "totalDossierOnlinePaymentSuccess": 82913,
        "totalDossierFinancialObligation": 98459, "totalDossierOnlineFormalityPaymentSuccess": 93,
        "totalFeeDossierFormality": 56, "totalFeeDossierFormalityDistinct": 310,
        "totalFeeFormality": 310, "totalScore": 6.25, "ratio": 62.5,
    },
    "children": [],
}  # fmt: skip
DIGITISED = {
    "overview": {
        **PROVINCE, "departmentCode": "H44", "departmentType": "PROVINCE", "totalScore": 2,
    },
    "evaluation": [
        {
            **WARD, "totalScore": 2.64, "totalMaxScore": 22,
            "metrics": [
                metric("SO_HOA_GIAY_TO_GIAI_QUYET", 479, 2971, 0.64, 4),
                {"code": "ELECTRONIC_CERTIFIED_COPY", "name": "…", "numerator": None,
                 "denominator": None, "ratio": 100, "score": 2, "maxScore": 2},
            ],
        }
    ],
}  # fmt: skip
SATISFACTION = {
    "overview": {
        **PROVINCE, "departmentType": "PROVINCE", "totalScore": 12.97, "totalPetitions": 247,
        "metrics": [
            metric("PETITION_CLASSIFICATION_TTHC", 179, 247, None, 0),
            metric("DOSSIER_RECEIVING_SATISFACTION", 144574, 184513, 5.22, 6),
            metric("PETITION_PROCESSING_ON_TIME", 182, 247, 4.42, 6),
            metric("PETITION_HANDLING_SATISFACTION", 137, 247, 3.33, 6),
        ],
    },
    "evaluation": [],
}  # fmt: skip
SCORES = {"CKMB": 8.07, "TDGQ": 17.81, "CLGQ": 8.48, "TTTT": 6.82, "MDSH": 9.76, "MDHL": 11.24}
TOTALS = {
    "overview": {"departmentName": "Cả nước", "departmentCode": None, "totalScore": 62.59},
    "growthPercent": 30.37,
    "provinces": [{**PROVINCE, "departmentCode": "H44", "totalScore": 62.18, "totalMaxScore": 100,
                   "ratio": 62.18, "scoreDelta": 14.04, "groupScores": SCORES, "rank": 19}],
}  # fmt: skip
SCREENS = {
    "progress": PROGRESS, "transparency": TRANSPARENCY, "services": SERVICES, "payment": PAYMENT,
    "digitised": DIGITISED, "satisfaction": SATISFACTION, "totals": TOTALS,
}  # fmt: skip


def save(folder, data, name=NAME):
    (folder / name).write_text(json.dumps({"code": "OK", "data": data}), encoding="utf-8")
    return folder / name
