"""Word lists for finding sentence ends: what takes a period without ending a sentence.

Our own words, kept where NLTK's English model treats them alike: "Sgt." and "e.g." end a sentence
for the official IFEval checker, so they are absent here.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ABBREVIATIONS = _words(
    """
    dr mr mrs ms messrs prof gen sen rep reps lt col maj adm jr sr st ft
    inc corp co cos ltd bros cie
    jan feb aug sep sept oct nov dec tues wed fri
    ave va vs vt wash minn mich ill ore okla ariz calif colo fla ga pa tenn conn wis nev ky ala kan
    a.m p.m u.s u.n u.k d.c l.a n.y n.j n.c n.h n.m n.d s.c r.i w.va u.s.a ph.d m.b.a
    j.k j.r j.p j.j s.a n.v b.v a.d ok mg yr chg
    """
)
"""Words (without the final period) after which only an opener starts a new sentence."""

LETTERS = frozenset("cdefghklmnprstvw")
"""Single letters that are read as initials whatever follows."""

AFTER_NUMBERS = _words(
    """
    business commodities corrections credit dividend financing insider international leisure
    letters notable pepper review who
    """
)
"""Words that the model's newspaper has met so often after a number and a period ("10. Business")
that they never start a sentence there."""

OPENERS = _words(
    """
    above accept achieve active address adjust adopt advantage advice aim allow almost already
    alternative although always among amount analysis animal annual anyone anything apply approach
    arrange article ask aspect assign assume attack attend attention audience author available
    aware bag basic become begin behavior being belief benefit better between birth body bond both
    box brain brand bread break build burn but calculate call car carry cause chance character
    charge chart check choose claim climate cold collect column combine comfort comment commit
    communicate compare compete complete component conclude condition conduct confirm consider
    content contest context contrast convert cooking copy core correct cost couple course create
    crowd currently customer cycle danger date decide deep define degree deliver delivery deny
    depend deploy depth describe desire despite detail determine develop diet different direct
    discover discuss display distance distribute doctor document does domestic door double doubt
    draw dress drink earlier early earn educate effective egg eight either elect element eliminate
    employ employee empty encourage engage engineer enjoy enough ensure enter entertain environment
    equal escape essay establish evaluate even event evidence exact examine example excite exercise
    exist expand expense experience experiment expert explain explore export extend extra extract
    eye fact factor fashion fat fear feature figure file fill final finally fish fit fix flag
    flight floor fly follow forget formal forward frequent friend furthermore gather gender
    generate gentle gift given global govern ground guess guest hair handle happen happy harm he
    he's hear heavy height her here hide him hire hold hot hour however hundred i idea identity if
    image imagine immediate implement import important improve in incident include independent
    individual inform initial injury inner innovate input inquire inside insight install instance
    instead instruct integrate integrated intend interpret into invent invest investigate invite
    involve it it's item journey kid kill kitchen knowledge lack language laugh launch leaf learn
    lesson lie lift likewise list literature location lot lunch maintain male manage manager manner
    many marriage match math maximum meal mean meanwhile medium member mental mention message
    method milk mind mine minimum minute mix mobile modify moment moral moreover morning most
    mother mouth multiple muscle native nature necessary neck need negative negotiate neither
    nevertheless newspaper noise nonetheless nor nose note nothing number object objective observe
    obtain obvious occasion occupy occur ocean operate opportunity oppose opposite ordinary origin
    original ours outcome outdoor overall owner pack page pain paint pair partner pass passage
    passion path patient perfect perform performance permit person personal phase phone phrase
    physical pick piece pilot plastic plate play player please pleasure plenty poet political pool
    port position positive potential practical practice praise prefer prepare present preserve
    prevent previous pride prior private problem process product professor profile program promise
    proof proper protect proud prove provide publish pull pure put question rain range ratio reader
    reality realize receive recent recently recipe recognize recommend recover refer reflect refuse
    region regular relation relative relax relevant religion rely remain remember remind remote
    remove rent replace reply represent require resist respect respond response responsible
    restaurant result reveal right roll roof round rural sad safe sales same sample sand scale
    scene schedule scientist score script season section seed select send sense sentence separate
    serve session setting seven severe shadow shake shape shift shine shirt shock shoot shore
    shoulder shut sight similar similarly simple simply since single sister sit size skill skin
    slow smell smile smoke smooth snow so soil soldier solution solve some someone sometimes son
    soon sort source spare speak specific speech speed spend spirit sport spread stable stage stand
    statement status steal step stick still storage strange stream strength stress stretch string
    strip structure style submit succeed success such suffer suggest sum suppose surface surprise
    surround swim symptom task taste tea teach team tear technique temperature ten tend tension
    term text thank the them theory there there's therefore these they they're thin think this
    though thousand threat through throughout throw thus tie tight tip title together tomorrow tone
    tourist tournament towards tradition train transfer transit translate trap treat trend true
    truth try turn type typical ugly ultimate under understand unfortunately unique unknown unless
    unlike us user valid variable variety various vary vast vegetable vehicle version very village
    vision vulnerable wage wait walk warm warn waste wave wealth weapon wear weather web wedding
    weekend weigh weight welcome were wet when whether which while whole wide wife win window
    winner wise wish within without witness yes yesterday yet your zone
    """
)
"""Words that, capitalised after an abbreviation or an ellipsis, start a new sentence."""

COMMON_WORDS = _words(
    """
    a about access account across act activity add additional advance affect after again against
    agree air all also an and another answer any appeal are area around art as assets at attempt
    authority average avoid award back background bad balance bank base be beach beauty because
    before best big bill block board book border bottom brief bring broad budget business buy by
    campaign can capital care career case cash catch center central chain change chapter child city
    class clean clear close code color come command common community company complex concept
    concern conference continue contract control could count country court cover credit crime
    crisis critical cross culture current cut daily damage dance data day debt decision decline
    defense delay demand department desert design detect device did digital dinner director disease
    do dog don't down dream drive drop dry due during duty each earth easy eat economic economy
    education effect effort emerge end energy engine equipment error estate estimate every everyone
    everything exchange expect express face fail fair fall false family far fast feed feel few
    field fight film finance financial find fine fire first five flat flow focus food for force
    foreign forest form foundation four free fresh from fruit fuel full fun function fund furniture
    future gain game garden gas general get give go goal gold good government graduate grand grant
    great green group grow guard guide half hall hand hard have head health heart heat help high
    his history hit home hope hotel house how human hunt hurt identify impact income increase index
    industry insurance interest internal international interview introduce is island issue its job
    join joint journal judge jump just keep key kind know labor lady land landscape large last late
    later law lawyer lay lead leader league leave legal less let let's letter level license life
    light like limit line link little live load loan local logic long look loss love low lower
    machine magazine mail main major make mark market mass master material matter maybe me measure
    media medical meet memory metal middle military minister minor miss mission model modern money
    monitor month more motion motor mountain move movie much museum music my name nation national
    natural near nearly network never new news next night nine no nobody normal north not notice
    now of offer office old on once one only open operation opinion option or order other our out
    outline output outside over own package paper parent park part party past pattern pay peace
    people perhaps period pet photo picture place plan plant point police policy poor popular
    population pose possible post power president press pressure price primary print prison prize
    procedure produce professional profit progress project promote property propose protest public
    purchase purpose push quality quarter queen quick quiet quite race radio raise rank rate rather
    reach react read real really reason record red reduce reference reform register reject release
    repair report request research reserve resource rest retail retire return revenue review rice
    rich ride ring rise risk road rock role room route row rule run sale salt save say scheme
    school science screen search seat second secret sector security see seek sell senior series
    serious service set settle several share sharp she ship shoe shop short should show side sign
    signal silver site situation six sleep slide small smart social society soft something song
    sound south space special split spot spring square staff standard star start state station
    statistics stay steel stock stone stop store storm story straight strategy street strike strong
    struggle student study stuff subject substance sugar suit summary summer sun supply support
    sure survey survive sweet switch symbol system table take talk target tax technical technology
    telephone television tell test than that their theme then thing third those three time tire to
    tobacco today too tool top topic total touch tour toward tower town toy track trade traffic
    training transport travel tree trial trip trouble truck trust tube twice two uncle unit
    universal university until up upgrade upper urban urge use usual value video view violence
    visit vital voice volume vote wake wall want war was watch water way we we'll weak week well
    west what wheel where white who why wild will wind wine wing winter wire with woman wonder wood
    word work worker world worry worth would write wrong year yield you you'll young
    """
)
"""Words that are no names: capitalised after a letter and a period they start a new item."""

COMMON_SUFFIXES = (
    *("tion", "sion", "ment", "ness", "ance", "ence", "ing", "ity", "ism", "ed"),
    *("ship", "able", "ible", "ful", "less", "ly", "ive", "ous", "ical", "ize"),
)
