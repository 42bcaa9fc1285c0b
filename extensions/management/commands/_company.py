"""The company of `manage.py demo`: invented people, with mobile numbers from the ranges set aside for fiction."""

from dataclasses import dataclass

# Department -> the one above it; "" is the company itself. Parents come first.
DEPARTMENTS = {
    "Management": "",
    "Office": "",
    "Accounting": "Office",
    "Sales": "",
    "Sales Europe": "Sales",
    "Sales Asia": "Sales",
    "Engineering": "",
    "Firmware": "Engineering",
    "Support": "",
}


@dataclass(frozen=True)
class Person:
    department: str
    job_title: str
    first_name: str
    last_name: str = ""
    email: str = ""
    mobile: str = ""
    role: str = ""
    phones: int = 1
    enabled: bool = True


PEOPLE = (
    Person("Office", "Lobby phone", "Lobby"),
    Person(
        "Management",
        "Managing Director",
        "Margaret",
        "Okafor",
        "margaret@example.com",
        "+44 7700 900118",
        "administrator",
        phones=3,
    ),
    Person("Management", "Assistant to the Director", "Zoë", "van den Berg", "zoe@example.com", "+44 7700 900131"),
    Person("Office", "Receptionist", "Łucja", "Wiśniewska", "lucja@example.com", role="operator"),
    Person("Office", "Human Resources", "Søren", "Østergård", "soren@example.com", "+44 7700 900164", "human_resource"),
    Person("Office", "Facilities", "Björn", "Ásgeirsson", "bjorn@example.com"),
    Person("Accounting", "Head of Accounting", "Γιώργος", "Παπαδόπουλος", "giorgos@example.com", role="accounting"),
    Person("Accounting", "Payroll", "Nguyễn", "Thị Mai", "mai@example.com", role="accounting"),
    Person(
        "Sales", "Head of Sales", "Ramón", "Núñez Peña", "ramon@example.com", "+1 212 555 0142", "supervisor", phones=2
    ),
    Person("Sales Europe", "Key Accounts", "Наталія", "Шевченко", "natalia@example.com", "+49 171 3920017"),
    Person("Sales Europe", "Field Sales", "Éloïse", "Lefèvre", "eloise@example.com", "+33 6 39 98 12 34"),
    Person("Sales Europe", "Inside Sales", "Jürgen", "Groß", "juergen@example.com"),
    Person("Sales Asia", "Regional Manager", "美咲", "佐藤", "misaki@example.com", "+61 491 570 156", "supervisor"),
    Person("Sales Asia", "Field Sales", "伟", "王", "wei@example.com", "+61 491 570 157", phones=2),
    Person("Sales Asia", "Inside Sales", "अनिता", "शर्मा", "anita@example.com"),
    Person("Engineering", "Head of Engineering", "Иван", "Петров", "ivan@example.com", "+49 171 3920042", phones=2),
    Person("Engineering", "Test Engineer", "Siobhán", "O’Brien", "siobhan@example.com"),  # noqa: RUF001 (a name)
    Person("Engineering", "Mechanical Engineer", "Çağla", "Yıldız", "cagla@example.com"),  # noqa: RUF001 (a name)
    Person("Firmware", "Team Lead", "민준", "김", "minjun@example.com", "+46 70 174 06 15"),
    Person("Firmware", "Developer", "أحمد", "الحسن", "ahmed@example.com"),
    Person("Firmware", "Developer", "Tadhg", "Mac Giolla Phádraig", "tadhg@example.com"),
    Person("Firmware", "Student", "Suharto", email="suharto@example.com", enabled=False),
    Person("Support", "Head of Support", "נועה", "לוי", "noa@example.com", "+44 7700 900177", "supervisor"),
    Person("Support", "First Line", "Kwame", "Mensah", "kwame@example.com", role="employee"),
    Person("Support", "First Line", "สมชาย", "ใจดี", "somchai@example.com", role="employee"),
    Person("Support", "Second Line", "Ana-Maria", "Ştefănescu", "ana-maria@example.com", role="employee"),
)
