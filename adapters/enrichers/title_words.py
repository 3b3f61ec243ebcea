"""The words of job titles, in English, German, French, Spanish and Portuguese. `adapters/enrichers/title.py` reads with them.

Written folded: lower case, no accents, and ä, ae, ö, oe, ü, ue alike as a, o, u. Phrases are separated by `|`. A word that
ends in `*` stands for all that begin so. The number is how sure the answer is, 0-100; under 80 a person looks.
"""

from typing import Final

NO_RANKS: Final = (
    "product owner|process owner|service owner|data owner|system owner|application owner|platform owner|risk owner|"
    "account executive|account executives|business partner|hr partner|lead generation|lead gen|chef de cuisine|chef de partie|"
    "chef de rang|staffing|talent acquisition partner|talent partner|people partner|channel partner|solution partner"
)
"""Phrases with a rank's word in them that give no rank."""

SERVES: Final = (
    "assistant to|assistent to|assistante de direction|assistant de direction|assistante du|assistant du|asistente de|"
    "assistente de|assistente da|assistente do|assistenz der|assistenz des|assistent der|assistent des|assistentin der|"
    "assistentin des|secretary to|sekretarin der|secretaria de|secretaire de|pa to|ea to"
)
"""Whoever they work for stands behind, and is not they."""

DOUBTFUL: Final = (
    "scrum master|chief of staff|self employed|freelance|freelancer|freiberufler|autonomo|board member|beirat|aufsichtsrat|"
    "verwaltungsrat|non executive director|administrador|administradora"
)
"""Two answers can be defended."""

RANKS: Final[tuple[tuple[str, int, str], ...]] = (
    # 1 owner
    ("owner", 95, "founder|cofounder|founders|founding partner|owner|coowner|proprietor|inhaber|inhaberin|mitinhaber"),
    ("owner", 95, "eigentumer"),
    ("owner", 95, "eigentumerin|grunder|grunderin|mitgrunder|mitgrunderin|gesellschafter|gesellschafterin|fondateur"),
    ("owner", 95, "fondatrice"),
    ("owner", 95, "cofondateur|cofondatrice|proprietaire|fundador|fundadora|cofundador|cofundadora|propietario"),
    ("owner", 95, "propietaria|dueno"),
    ("owner", 95, "duena|proprietario|proprietaria|dono|dona|socio gerente|socio administrador|socia gerente"),
    ("owner", 95, "socio fundador"),
    ("owner", 70, "entrepreneur|unternehmer|unternehmerin|empresario|empresaria|empreendedor|businessman"),
    ("owner", 70, "businesswoman"),
    # 2 c_level, 3 vp
    ("vp", 95, "vice president|vice presidents|vp|svp|evp|avp|rvp|gvp|vice presidente|vice presidenta"),
    ("vp", 95, "vicepresident"),
    ("vp", 95, "vicepresidente|vicepresidenta|vizeprasident|vizeprasidentin|vice prasident|vice presidence|v p"),
    ("c_level", 95, "chief executive officer|ceo|president|prasident|prasidentin|presidente|presidenta"),
    ("c_level", 95, "presidente executivo"),
    ("c_level", 95, "managing director|geschaftsfuhrer|geschaftsfuhrerin|geschaftsfuhrung|geschaftsfuhrende"),
    ("c_level", 95, "geschaftsfuhrender"),
    ("c_level", 90, "vorstand|vorstandin|vorstandsvorsitzender|vorstandsvorsitzende|vorstandsmitglied|geschaftsleitung"),
    ("c_level", 90, "geschaftsleiter"),
    ("c_level", 95, "pdg|directeur general|directrice generale|director general|directora general|gerente general"),
    ("c_level", 95, "diretor geral"),
    ("c_level", 95, "diretora geral|president directeur general|presidente directeur general|consejero delegado"),
    ("c_level", 95, "consejera delegada"),
    ("c_level", 95, "cto|cio|ciso|cmo|cfo|cro|coo|chro|clo|chief officer"),
    ("c_level", 70, "cpo|cco|cdo|cso|cao|cxo|gerant|gerante|managing partner|gerente geral|administrador delegado"),
    ("director", 75, "executive director|director ejecutivo|directora ejecutiva|diretor executivo|diretora executiva"),
    # 6 before 3: leaders of a team or a project, not of a department
    ("manager", 90, "teamleiter|teamleiterin|teamleitung|projektleiter|projektleiterin|projektleitung|gruppenleiter"),
    ("manager", 90, "gruppenleiterin"),
    ("manager", 90, "team lead|team leader|teamlead|schichtleiter|lider de equipo|lider de equipe|chef d equipe"),
    ("manager", 90, "chef de projet"),
    ("manager", 70, "filialleiter|filialleiterin|marktleiter|bauleiter|bauleiterin|niederlassungsleiter|standortleiter"),
    ("manager", 70, "stationsleiter"),
    # 3 head
    ("head", 95, "head of|leiter|leiterin|leitung|abteilungsleiter|bereichsleiter|leitende|leitender"),
    ("head", 85, "head|heads"),
    # 4 director
    ("director", 95, "director|directors|directeur|directrice|directora|diretor|diretora|direktor|direktorin|dir|drh|daf"),
    ("director", 95, "dsi"),
    ("head", 60, "chief"),
    # 5 intern
    ("intern", 95, "intern|internship|praktikant|praktikantin|praktikum|werkstudent|werkstudentin|working student"),
    ("intern", 95, "stagiaire|becario"),
    ("intern", 95, "becaria|estagiario|estagiaria|pasante"),
    ("intern", 70, "trainee|apprentice|azubi|auszubildende|auszubildender|apprenti|apprentie|alternant|alternante"),
    ("intern", 70, "aprendiz"),
    # 6 manager
    ("manager", 95, "manager|managers|mgr|managerin|supervisor|supervisora|supervisorin|superviseur|superviseuse"),
    ("manager", 95, "responsable"),
    ("manager", 95, "responsavel|jefe|jefa|gerente|gerenta|chefe|chef de|chef des|chef du"),
    ("manager", 75, "gestor|gestora|encargado|encargada"),
    ("manager", 75, "verantwortliche*|foreman"),
    # 7 senior
    ("senior", 95, "senior|sr|snr|principal|staff|lead|confirme|pleno"),
    ("owner", 50, "partner|senior partner|equity partner|general partner|socio|socia|associe|associee"),
)
"""Level, how sure, words. The first row that fits."""

COMPANY_RANKS: Final = frozenset({"owner", "c_level"})
"""Without another function these run the whole company."""

FUNCTIONS: Final[tuple[tuple[str, int, str], ...]] = (
    ("unknown", 80, "assistant vice president|assistant vp|assistant director|assistant manager|assistant head"),
    ("executive", 70, "general manager|gerente general|country manager|managing partner"),
    ("sales", 95, "sales|account executive|account executives|account manager|key account|business development|bizdev"),
    ("sales", 95, "bdr|sdr"),
    ("sales", 95, "vertrieb*|verkauf*|aussendienst*|kundenbetreu*|key accounter|channel|revenu|cro|ventas|vendas"),
    ("sales", 95, "vente|ventes|vendeu*"),
    ("sales", 90, "commercial|comercial|commerciale|vendedor|vendedora|account management|partnerships|presales"),
    ("sales", 90, "pre sales|alliances"),
    ("sales", 75, "partner manager|sales engineer|ingenieur commercial|ingeniero comercial|store manager|retail"),
    ("sales", 75, "handel|account|cco|territory"),
    ("marketing", 95, "marketing|marketer|cmo|brand|seo|sem|content|copywriter|copy|communications|communication"),
    ("marketing", 95, "comunicacion"),
    ("marketing", 95, "comunicacao|kommunikation*|public relations|pr|press|social media|demand generation"),
    ("marketing", 95, "lead generation|growth"),
    ("marketing", 90, "advertising|werbung|publicite|publicidad|publicidade|presse*|offentlichkeitsarbeit|campaign"),
    ("marketing", 90, "digital marketing"),
    ("marketing", 75, "media|medien|events|event|product marketing|creative|redakt*|editor|journalist"),
    ("finance", 95, "finance|financial|finances|finanz*|cfo|accounting|accountant|controller|controlling|treasurer"),
    ("finance", 95, "treasury|audit|auditor"),
    ("finance", 95, "buchhalt*|comptable|comptabilite|contabil*|contador|contadora|contable|financier|financiere"),
    ("finance", 95, "finanzas|financas"),
    ("finance", 95, "financeiro|financeira|financiero|financiera|tax|steuer*|bookkeeper|payroll|accounts payable"),
    ("finance", 95, "accounts receivable|daf"),
    ("finance", 85, "rechnungswesen|investment|invest*|risk|billing|tesorer*|controleur de gestion|rechnungsprufung"),
    ("hr", 95, "hr|human resources|people|talent|recruit*|personalreferent*|personalwesen|personalabteilung|chro"),
    ("hr", 95, "rh|drh"),
    ("hr", 95, "ressources humaines|recursos humanos|recrutement|recruteur|reclutamiento|recrutamento|rrhh"),
    ("hr", 95, "talent acquisition|people ops"),
    ("hr", 80, "personal|learning and development|training|payroll and hr|workforce|compensation"),
    ("hr", 80, "employee experience|personalentwickl*"),
    ("it", 95, "it|information technology|cio|ciso|system administrator|systems administrator|sysadmin|network"),
    ("it", 95, "networks|netzwerk*"),
    ("it", 95, "systemadministrat*|fachinformat*|information security|cyber security|cybersecurity|security administrator"),
    ("it", 95, "it support|helpdesk"),
    ("it", 95, "help desk|service desk|informatica|informatiqu|informatik*|edv|dsi|administrador de sistemas"),
    ("it", 95, "security engineer"),
    ("it", 90, "chief information|chief information security|systems|infrastructure|infrastruktur|sistemas"),
    ("it", 90, "systemes d information|ti"),
    ("it", 80, "webmaster|web admin"),
    ("engineering", 70, "technician|field service|service technician"),
    ("finance", 60, "kaufmannisch*"),
    ("it", 75, "security|database administrator|dba|information systems|erp|crm|sap|cdo|salesforce"),
    ("it", 75, "salesforce administrator|tecnologia"),
    ("engineering", 90, "engineer|engineers|engineering|developer|developers|ingenieur*|ingenier*|engenheir*|entwickl*"),
    ("engineering", 90, "engenharia"),
    ("engineering", 95, "software|qa|devops|mechanical|civil|cto|programmer"),
    ("engineering", 95, "softwareentwickl*|desarroll*|desenvolv*|developpeu*|programador"),
    ("engineering", 95, "programmierer|programmeur|chief technology|technology officer|r and d|research and development|sre"),
    ("engineering", 95, "frontend|backend"),
    ("engineering", 90, "full stack|fullstack|machine learning|konstrukt*|quality assurance|tester|site reliability"),
    ("engineering", 90, "embedded|electrical"),
    ("engineering", 75, "technology|technical|technik*|technisch*|techniqu|tecnico|tecnica|data|architect|architekt*|research"),
    ("engineering", 75, "forschung|tech"),
    ("engineering", 70, "architecte|arquitecto|arquiteto|analytics|datos|dados|scientist|bau|bauleiter*|construction"),
    ("engineering", 70, "technicien"),
    ("product", 85, "product|products|produit|producto|produto|produkt*|product management|product owner|cpo"),
    ("product", 85, "chef de produit"),
    ("product", 70, "design|designer|ux|ui"),
    ("legal", 95, "legal|attorney|lawyer|counsel|paralegal|rechts*|jurist*|anwalt*|anwaltin|avocat|avocate|abogad*"),
    ("legal", 95, "advogad*|juridiqu"),
    ("legal", 95, "juridico|juridica|compliance|data protection|datenschutz*|privacy|protection des donnees|dpo|clo"),
    ("legal", 95, "solicitor|notar"),
    ("legal", 95, "proteccion de datos|protecao de dados|contracts|juriste|syndikus*|regulatory"),
    ("support", 95, "customer service|customer support|customer success|customer care|customer experience|support"),
    ("support", 95, "kundenservice"),
    ("support", 95, "kundendienst*|kundenbetreuung|service client|relation client|servicio al cliente"),
    ("support", 95, "atencion al cliente|call center"),
    ("support", 95, "atendimento*|suporte|soporte|client services|technical support|contact center|call centre"),
    ("support", 95, "assistance client|sucesso do cliente"),
    ("support", 80, "client success|customer|client|kunden*|cliente|clientes|clientele"),
    ("procurement", 90, "procurement|purchasing|purchaser|buyer|einkauf*|achat|achats|acheteu*|compras|comprador|compradora"),
    ("procurement", 90, "sourcing"),
    ("procurement", 85, "category manager|supplier|beschaffung*|vendor management|approvisionnement*|suprimentos"),
    ("operations", 95, "logistics|logistik*|logistica|logistiqu|warehouse|lager*|plant|supply chain|production|produktion*"),
    ("operations", 95, "fertigung*"),
    ("operations", 95, "coo|operating|manufacturing|betriebs*|werk|werks|werksleit*|entrepot|almacen|armazem"),
    ("operations", 95, "produccion|producao|factory|fabrik|shipping|transport*|fleet|facility|facilities|disposition"),
    ("operations", 95, "disponent*"),
    ("operations", 70, "quality|qualitat*|qualite|calidad|qualidade|project|projects|projekt*|projet|proyecto*|projeto*"),
    ("operations", 70, "program|programme|pmo"),
    ("operations", 65, "office manager|process|prozess*|maintenance|instandhaltung|safety|hse|strategy|transformation"),
    ("operations", 65, "construction manager"),
    ("other", 90, "executive assistant|personal assistant|assistant to|reception|receptionist|empfang*|rezeption*"),
    ("other", 90, "driver|fahrer*|chauffeur"),
    ("other", 90, "assistante de direction|assistant de direction|sekretar*|secretary|secretaire|secretaria"),
    ("other", 90, "secretario|motorista|conductor"),
    ("other", 90, "electrician|elektriker*|plumber|carpenter|welder|mechanic|mechaniker*|schlosser*|tischler*"),
    ("other", 90, "recepcionista|maler|painter"),
    ("other", 90, "assistenz der|assistent der|assistentin der|vorstandsassistent*|direktionsassistent*"),
    ("other", 90, "administrative assistant|cook"),
    ("other", 80, "monteur*|schreiner*|maurer*|pflege*|zimmerer|dachdecker*|installateur*"),
    ("other", 80, "cashier|kassier*|caissier|barista|bartender|burokauf*|buro|hairdresser|guard"),
    ("other", 80, "nurse|doctor|physician|arzt|arztin|teacher|lehrer*|professor|professeur|profesor*|chef de cuisine"),
    ("other", 80, "koch|cleaner|waiter"),
    ("other", 80, "electricien|plombier|electricista|fontanero|eletricista|encanador|assistente de direcao"),
    ("other", 80, "asistente de direccion|pilot"),
    ("other", 60, "assistant|assistante|assistent|assistentin|assistenz|asistente|assistente|consultant|berater*"),
    ("other", 60, "consultor*|analyst|scrum master"),
    ("other", 50, "chief of staff|administrator|administrative|administratif|administrativo|administrativa|consulting"),
    ("other", 50, "specialist|office"),
)
"""Function. Where several stand in a title the surest wins, then the first."""

DEPARTMENT_OPERATIONS: Final = frozenset(
    {"operations", "operation", "ops", "operaciones", "operacoes", "betrieb", "exploitation"}
)
"""`X operations` belongs to X; alone it is operations."""

JOBS: Final = frozenset(
    "executive|specialist|representative|rep|analyst|consultant|engineer|developer|designer|assistant|coordinator|agent|officer|"
    "associate|administrator|advisor|adviser|accountant|buyer|planner|architect|technician|attorney|counsel|clerk|strategist|"
    "scientist|expert|recruiter|controller|partner|operator|editor|writer|copywriter|trainer|nurse|driver|professor|teacher|"
    "mitarbeiter|mitarbeiterin|referent|referentin|sachbearbeiter|sachbearbeiterin|berater|beraterin|kaufmann|kauffrau|assistenz|"
    "techniker|technikerin|fachkraft|experte|expertin|spezialist|spezialistin|sekretar|sekretarin|anwalt|arzt|koch|"
    "charge|chargee|conseiller|conseillere|technicien|comptable|juriste|assistante|commercial|commerciale|avocat|acheteur|"
    "analista|asesor|asesora|consultor|consultora|especialista|tecnico|tecnica|ejecutivo|ejecutiva|asistente|assistente|auxiliar|"
    "abogado|abogada|advogado|advogada|contador|contadora|contable|comprador|vendedor|vendedora|ingeniero|ingeniera|engenheiro|"
    "engenheira|programador|desarrollador|desenvolvedor|representante|executivo|executiva|agente|comercial|recruteur|sdr|bdr|dba|"
    "ingenieur|ingenieurin|lagerist|journalist|journaliste|webmaster|pflegefachkraft|monteur|schreiner|administrador|administradora|"
    "avocate|assistent|assistentin|coordenador|coordenadora|coordinador|coordinadora|administratorin|"
    "receptionist|secretary|paralegal|lawyer|auditor|bookkeeper|tester|programmer|marketer|disponent|empfang|reception|cook|"
    "jurist|juristin|notar|dpo|sysadmin|principal|treasurer|purchaser|chauffeur|motorista|secretaire|secretaria".split("|")
)
"""Words that name a job by themselves: with one, and no rank, the job is entry."""

JOB_ENDINGS: Final = tuple(
    "er|erin|or|ora|orin|eer|ist|istin|ician|ier|eur|euse|trice|ante|ista|beauftragte|anwalt|anwaltin".split("|")
)
"""A word that ends so, and names no department, is probably a job."""

NO_JOB: Final = frozenset(
    "unemployed|student|etudiant|etudiante|estudiante|estudante|schuler|retired|rentner|housewife|homemaker|none|test|self|na|tbd|"
    "unknown|other|professional|working|employee|angestellter|private|privat|arbeitslos|sonstige|autre|otro|outro|mr|mrs|ms|herr|"
    "frau|dr|null|xxx".split("|")
)
"""Typed into a title field, and no title."""

COMPOUND_ENDS: Final = (
    "leiterin|leiter|leitung|managerin|manager|entwicklerin|entwickler|beraterin|berater|mitarbeiterin|mitarbeiter|referentin|"
    "referent|ingenieurin|ingenieur|assistentin|assistent|assistenz|sachbearbeiterin|sachbearbeiter|techniker|kaufmann|kauffrau|"
    "direktorin|direktor|vorstand|praktikantin|praktikant|verantwortlicher|verantwortliche|spezialist|chef"
).split("|")
"""German writes `Vertriebsleiter` as one word."""

LEGAL_FORMS: Final = frozenset(
    "gmbh|inc|llc|ltd|ag|corp|sarl|sas|srl|sl|ltda|plc|bv|kg|se|ug|co|company|group|gruppe|limited".split("|")
)
