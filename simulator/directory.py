"""What companies and people are called."""

COMPANY_FIRST = (
    "Alder", "Amber", "Arc", "Aspen", "Beacon", "Birch", "Blue", "Bright", "Cedar",
    "Clear", "Cobalt", "Copper",
    "Coral", "Delta", "Dune", "Ember", "Falcon", "Fern", "Flint", "Glacier", "Granite",
    "Harbour", "Hazel", "Iron",
    "Juniper", "Kestrel", "Lark", "Linden", "Lunar", "Maple", "Meadow", "Mistral", "Nimbus",
    "North", "Oak", "Onyx",
    "Orchard", "Pine", "Quartz", "Raven", "Ridge", "River", "Sable", "Silver", "Solar",
    "Stone", "Tidal", "Willow",
)  # fmt: skip
COMPANY_SECOND = (
    "bank", "bridge", "brook", "crest", "dale", "field", "ford", "forge", "gate",
    "grove", "haven", "hill", "holm",
    "lane", "light", "line", "mark", "mere", "mill", "peak", "point", "port",
    "reach", "shore", "side", "span",
    "spring", "stead", "view", "ville", "ward", "water", "way", "well", "wick", "wood", "works", "worth",
)  # fmt: skip
COMPANY_FORM = ("Ltd", "Inc", "GmbH", "Group", "Labs", "Systems", "& Söhne", "Co")
GIVEN_NAMES = (
    "Ana", "Ben", "Chidi", "Dana", "Elif", "Finn", "Grace", "Hana", "Ivan", "José",
    "Kaito", "Lena", "Łukasz", "Maya",
    "Noor", "Olga", "Priya", "Quinn", "Ravi", "Sara", "Tomás", "Uma", "Vera", "Wei",
    "Ximena", "Yusuf", "Zoë", "Åsa",
)  # fmt: skip
FAMILY_NAMES = (
    "Adeyemi", "Berg", "Costa", "Dubois", "Eriksson", "Fischer", "García", "Hughes",
    "Ito", "Jansen", "Kowalski",
    "López", "Meyer", "Nguyễn", "O'Brien", "Patel", "Quist", "Rossi", "Şahin", "Tanaka",
    "Ueda", "Varga", "Walsh",
    "Xu", "Yavuz", "Zhang",
)  # fmt: skip
