"""What Salesforce's objects are called and made of: fields with the types that `describe` tells."""

PREFIXES = {
    "Account": "001", "Contact": "003", "Opportunity": "006", "Task": "00T", "Event": "00U", "User": "005",
}  # fmt: skip
SYSTEM = "Id:id IsDeleted:boolean CreatedDate:datetime LastModifiedDate:datetime SystemModstamp:datetime"
STANDARD = {
    "Account": "Name:string Website:url Industry:picklist NumberOfEmployees:int OwnerId:reference"
    " ParentId:reference AnnualRevenue:currency Type:picklist BillingCountry:string",
    "Contact": "AccountId:reference FirstName:string LastName:string Name:string Email:email Title:string"
    " OwnerId:reference",
    "Opportunity": "AccountId:reference Name:string StageName:picklist Amount:currency CloseDate:date"
    " Type:picklist IsClosed:boolean IsWon:boolean OwnerId:reference Probability:percent",
    "Task": "Subject:string Description:textarea Status:picklist Priority:picklist ActivityDate:date"
    " OwnerId:reference WhatId:reference WhoId:reference AccountId:reference Type:picklist IsClosed:boolean"
    " CallDurationInSeconds:int CompletedDateTime:datetime TaskSubtype:picklist",
    "Event": "Subject:string Description:textarea OwnerId:reference WhatId:reference WhoId:reference"
    " AccountId:reference Type:picklist StartDateTime:datetime EndDateTime:datetime DurationInMinutes:int"
    " IsAllDayEvent:boolean ActivityDate:date",
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
    "Task": "External_Action_Id__c:string",
    "Event": "External_Action_Id__c:string",
    "User": "External_CSM_Id__c:string",
}
EXTERNAL_IDS = {
    "Account": "External_Account_Id__c", "Contact": "External_User_Id__c", "Task": "External_Action_Id__c",
    "Event": "External_Action_Id__c", "Opportunity": "External_Opportunity_Id__c",
    "User": "External_CSM_Id__c",
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
SYSTEM_NAMES = tuple(each.partition(":")[0] for each in SYSTEM.split())


def types(kind: str, more: list[str]) -> dict[str, str]:
    """Type by field, in the object's order. `more`: custom fields of a settings file, all text."""
    declared = f"{SYSTEM} {STANDARD[kind]} {CUSTOM[kind]}".split()
    known = dict(each.partition(":")[::2] for each in declared)
    return known | dict.fromkeys(more, "string")
