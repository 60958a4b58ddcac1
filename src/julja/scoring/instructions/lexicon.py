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

OPENERS = _words(
    """
    above almost already although always among anyone anything ask basic become begin being better
    between both build but call check choose cold consider core cost create currently date deep
    despite develop different does draw dress drink earlier early eight either encourage enjoy
    ensure enter even example explain explore final finally fish follow friend furthermore gift he
    he's her here him hold hot however i idea if important improve in include instead into it it's
    learn likewise list many meal meanwhile method moreover morning most need neither nevertheless
    nonetheless nor nothing number ours play please practice prepare present problem process
    product program provide put question recently remember result right safe same send seven
    similarly simple simply since so some someone sometimes soon stage stand step still such task
    teach team ten thank the them there there's therefore these they they're think this though
    through throughout thus title together tomorrow towards try turn type under unfortunately
    unless unlike us very wait walk welcome were when whether which while wide wish within without
    yes yesterday yet your
    """
)
"""Words that, capitalised after an abbreviation or an ellipsis, start a new sentence."""

COMMON_WORDS = _words(
    """
    a about across after again against all also an and another answer any are around as at back
    bad be because before best big book brief bring business buy by can care career case change
    city class clean clear close come common could data day design did dinner do don't drive
    during each easy eat end every everyone everything family far fast feel few find first five
    food for four free fresh from full fun future general get give go goal good great green group
    grow have health heart help high his home hope house how increase is its job join just keep
    key kind know large last late later leave less let let's level life light like little live
    local long look love low main make market maybe me meet money month more move much music my
    name nearly never new next night nine no nobody not now of offer office old on once one only
    open option or order other our out over part party past pay people perhaps place plan point
    price project public quick quite rather read real really reason report research rest review
    role room run save say school second see seek sell service set several share she short should
    show sign six small social something special start state stay stop story strong student study
    sure system take talk tell test than that their theme then thing third those three time to
    today too top topic total toward training travel tree two until up use value visit voice want
    was water way we we'll week well what where who why will with woman wonder word work world
    would write year you you'll young
    """
)
"""Words that are no names: capitalised after a letter and a period they start a new item."""

COMMON_SUFFIXES = (
    *("tion", "sion", "ment", "ness", "ance", "ence", "ing", "ity", "ism"),
    *("ship", "able", "ible", "ful", "less", "ly", "ive", "ous", "ical", "ize"),
)
