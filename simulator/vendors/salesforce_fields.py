"""What Salesforce's objects are called and made of: fields with the types that `describe` tells."""

from datetime import date, datetime

PREFIXES = {
    "Account": "001", "Contact": "003", "Opportunity": "006", "Task": "00T", "Event": "00U", "User": "005",
    "Case": "500", "OpportunityHistory": "008", "OpportunityFieldHistory": "017",
}  # fmt: skip
HISTORIES = ("OpportunityHistory", "OpportunityFieldHistory")  # written by Salesforce alone
SYSTEM = "Id:id IsDeleted:boolean CreatedDate:datetime LastModifiedDate:datetime SystemModstamp:datetime"
STANDARD = {
    "Account": "Name:string Website:url Industry:picklist NumberOfEmployees:int OwnerId:reference"
    " ParentId:reference AnnualRevenue:currency Type:picklist BillingCountry:string MasterRecordId:reference",
    "Contact": "AccountId:reference FirstName:string LastName:string Name:string Email:email Title:string"
    " OwnerId:reference HasOptedOutOfEmail:boolean EmailBouncedDate:datetime MasterRecordId:reference",
    "Opportunity": "AccountId:reference Name:string StageName:picklist Amount:currency CloseDate:date"
    " Type:picklist IsClosed:boolean IsWon:boolean OwnerId:reference Probability:percent",
    "Task": "Subject:string Description:textarea Status:picklist Priority:picklist ActivityDate:date"
    " OwnerId:reference WhatId:reference WhoId:reference AccountId:reference Type:picklist IsClosed:boolean"
    " CallDurationInSeconds:int CompletedDateTime:datetime TaskSubtype:picklist",
    "Event": "Subject:string Description:textarea OwnerId:reference WhatId:reference WhoId:reference"
    " AccountId:reference Type:picklist StartDateTime:datetime EndDateTime:datetime DurationInMinutes:int"
    " IsAllDayEvent:boolean ActivityDate:date",
    "Case": "CaseNumber:string AccountId:reference ContactId:reference ContactEmail:email SuppliedEmail:email"
    " Subject:string Description:textarea Status:picklist Priority:picklist Origin:picklist Type:picklist"
    " Reason:picklist OwnerId:reference IsClosed:boolean IsEscalated:boolean ClosedDate:datetime",
    "OpportunityHistory": "OpportunityId:reference CreatedById:reference StageName:picklist Amount:currency"
    " Probability:percent CloseDate:date",
    "OpportunityFieldHistory": "OpportunityId:reference CreatedById:reference Field:picklist"
    " OldValue:anyType NewValue:anyType",
    "User": "Name:string Email:email Username:string IsActive:boolean TimeZoneSidKey:picklist"
    " ManagerId:reference Title:string",
}
CUSTOM = {
    "Account": "External_Account_Id__c:string Plan__c:picklist Region__c:picklist Segment__c:picklist"
    " ARR__c:currency Currency__c:picklist Signed_Up_At__c:datetime Contract_Start_Date__c:date"
    " Renewal_Date__c:date Churned_On__c:date Wants_Human__c:boolean Has_Executive_Sponsor__c:boolean"
    " Time_Zone__c:string Configuration__c:textarea Health_Score__c:double Health_Tier__c:picklist"
    " Churn_Risk__c:double",
    "Contact": "External_User_Id__c:string Is_Champion__c:boolean Role__c:picklist"
    " Deactivated_At__c:datetime",
    "Opportunity": "External_Opportunity_Id__c:string",
    "Case": "External_Ticket_Id__c:string First_Response_At__c:datetime"
    " First_Human_Response_At__c:datetime Reopened_At__c:datetime Handled_By__c:picklist CSAT__c:double",
    "Task": "External_Action_Id__c:string",
    "Event": "External_Action_Id__c:string",
    "User": "External_CSM_Id__c:string",
}
EXTERNAL_IDS = {
    "Account": "External_Account_Id__c", "Contact": "External_User_Id__c", "Task": "External_Action_Id__c",
    "Event": "External_Action_Id__c", "Opportunity": "External_Opportunity_Id__c",
    "User": "External_CSM_Id__c", "Case": "External_Ticket_Id__c",
}  # fmt: skip
REQUIRED = {
    "Account": ["Name"], "Contact": ["LastName"], "Opportunity": ["Name", "StageName", "CloseDate"],
    "Event": ["StartDateTime", "EndDateTime"],
}  # fmt: skip
PARENTS = {
    "AccountId": ("Account", "Account"),
    "OwnerId": ("Owner", "User"),
    "ParentId": ("Parent", "Account"),
}
ABSENT = {
    "OpportunityHistory": ("LastModifiedDate",),
    "OpportunityFieldHistory": ("LastModifiedDate", "SystemModstamp"),
}
SYSTEM_NAMES = tuple(each.partition(":")[0] for each in SYSTEM.split())


def types(kind: str, more: list[str]) -> dict[str, str]:
    """Type by field, in the object's order. `more`: custom fields of a settings file, all text."""
    declared = f"{SYSTEM} {STANDARD[kind]} {CUSTOM.get(kind, '')}".split()
    known = dict(each.partition(":")[::2] for each in declared)
    for name in ABSENT.get(kind, ()):
        del known[name]
    return known | dict.fromkeys(more, "string")


def stamp(moment: datetime | None) -> str | None:
    """`2026-10-31T12:00:00.000+0000`."""
    return None if moment is None else f"{moment.isoformat()[:19]}.000+0000"


def day(on: date | None) -> str | None:
    return None if on is None else on.isoformat()[:10]
