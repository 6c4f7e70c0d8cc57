"""What customers ask and what they are told: words only."""

TOPICS = ("how_to", "error", "performance", "api", "access", "data", "billing", "idea")
TOPIC_SHARES = (0.30, 0.20, 0.09, 0.10, 0.10, 0.08, 0.08, 0.05)
TECHNICAL = (True, True, True, True, True, True, False, False)
QUESTIONS = (
    (
        "How do I set up {feature}?",
        "Where can I change how {feature} works?",
        "Can {feature} be limited to one team?",
    ),
    ("{feature} stops with an error", "We get error 500 in {feature}", "{feature} fails since this morning"),
    ("{feature} is very slow today", "Loading {feature} takes over a minute"),
    ("The API call for {feature} returns 422", "Which endpoint gives us {feature}?"),
    ("A colleague can't open {feature}", "Sign-in works, but {feature} is hidden"),
    ("Numbers in {feature} don't match our own", "How do I get all data out of {feature}?"),
    ("Question about our last invoice", "Can we pay by bank transfer?"),
    ("Idea: {feature} in dark mode", "It would help if {feature} could be scheduled"),
)
ANSWERS = (
    "Open Settings, choose {feature}, and switch on what you need; changes apply at once.",
    "This error in {feature} comes from an expired session token; sign in again and repeat the step.",
    "{feature} loads the whole range by default; a narrower range brings it under a second.",
    "Send the request for {feature} with an explicit page size; the call then returns 200.",
    "{feature} needs the member role; an admin can give it under Settings, People.",
    "{feature} counts in UTC; set the account's zone to compare it with your own figures.",
    "Invoices are under Settings, Billing.",
    "Thank you: we have passed this on to the makers of {feature}.",
)
RESOLUTIONS = (
    "Went through the set-up of {feature} on a call.",
    "Found the cause in {feature}, released a fix, confirmed with the customer.",
    "Moved the account to a faster shard; {feature} loads as before.",
    "Corrected the API example for {feature}.",
    "Gave the missing permission for {feature}.",
    "Rebuilt the figures of {feature} and explained the difference.",
    "Sent a corrected invoice.",
    "Noted the idea for {feature}.",
)
ESCALATION_REASONS = ("asked for a person", "low confidence", "no source found", "answer rejected")
NPS_COMMENTS = (
    (
        "We are looking at alternatives.",
        "Support takes too long.",
        "Too many messages from you.",
        "It got slower.",
    ),
    ("Does the job.", "Good, but pricey.", "Some rough edges.", ""),
    ("Could not work without it.", "Great people!", "Saves us hours every week.", "Sehr zufrieden 👍"),
)
NOTES = (
    (
        "Budget under review; asked for numbers.",
        "Sponsor unhappy with the last weeks.",
        "Hard to reach lately.",
    ),
    ("Routine call, nothing new.", "Asked about the roadmap.", "Wants training for newcomers."),
    ("Very positive; wants more seats.", "Happy with the new release.", "Would act as a reference."),
)
ACTIVITY_NAMES = ("ticket", "qbr", "outreach", "onboarding", "renewal", "expansion", "internal")
