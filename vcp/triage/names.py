"""Names of people, by their form and by the commonest first names; officers' own are left out."""

from __future__ import annotations

from collections.abc import Iterator

import re2

#: First names common in England and Wales over eighty years, in several communities.
#: Names that are also everyday words stand in `_ALSO_WORDS`, and count only with a surname.
FIRST_NAMES = (
    "Aaron Abdul Abdullah Abigail Abi Adam Adele Adrian Agnieszka Ahmed Aidan Aisha Ajay Alan Alana "
    "Albert Alex Alexander Alexandra Alfie Alfred Ali Alice Alison Alistair Amanda Amber Amelia Amina "
    "Amir Amit Amy Andrea Andrew Andy Angela Angus Anita Anjali Ann Anna Anne Annie Anthony Antonio "
    "Anwen Archie Arthur Arun Asha Ashley Asif Audrey Ava Ayesha Barbara Barry Beatrice Becky Ben "
    "Benjamin Bernard Beth Bethan Betty Beverley Billy Bobby Bradley Brandon Brenda Brian Bridget "
    "Bronwen Bruce Bryn Caitlin Callum Calum Cameron Carl Carla Carol Caroline Carolyn Catherine "
    "Cathy Catrin Charlie Charles Charlotte Chelsea Cheryl Chloe Chris Christian Christina Christine "
    "Christopher Claire Clare Clive Colin Connor Conor Craig Cynthia Daisy Damian Daniel Danielle "
    "Danny Darren David Dave Dawid Deborah Debbie Denise Dennis Derek Diana Diane Dilys Dominic Donna "
    "Doreen Doris Dorothy Douglas Duncan Dylan Eamon Edith Eddie Edward Eileen Eirlys Elaine Eleanor "
    "Elin Elizabeth Ella Ellen Ellie Elliot Elsie Emily Emma Emmanuel Eric Erin Ethan Eva Evan Evelyn "
    "Fatima Fiona Frances Francis Freddie Frederick Freya Gareth Gary Gavin Gemma Geoff Geoffrey "
    "George Georgia Georgina Gerald Geraint Gethin Gillian Gladys Glen Glenn Glyn Gordon Graeme Graham "
    "Greg Gregory Gurpreet Gwen Gwyneth Hannah Haroon Harpreet Harriet Harry Hasan Hassan Hayley "
    "Heather Helen Henry Hilary Hollie Holly Howard Hugh Hussain Huw Ian Ibrahim Idris Imogen Imran "
    "Ioan Iolo Irene Isaac Isabel Isabella Isla Ivan Jacob Jacqueline Jade Jake Jakub James Jamie Jane "
    "Janet Janice Jasmine Jason Jayden Jean Jeff Jeffrey Jennifer Jenny Jeremy Jerome Jess Jessica Jill "
    "Jim Jimmy Joan Joanna Joanne Joe Joel John Johnny Jon Jonathan Jordan Jose Joseph Joshua Josh Joyce "
    "Juan Judith Julia Julian Julie June Justin Kai Kaitlyn Karen Karl Kate Katherine Kathleen Kathryn "
    "Katie Katy Kayla Kayleigh Keiran Keith Kelly Ken Kenneth Kerry Kevin Khadija Khalid Kieran Kim "
    "Kirsty Kiran Krzysztof Kyle Lara Laura Lauren Layla Leah Leanne Lee Leo Leon Leonard Lesley Leslie "
    "Lewis Liam Lillian Linda Lindsay Lisa Logan Lola Lorraine Louis Louise Lucas Lucy Luke Lydia "
    "Lynne Lynn Madison Maisie Malcolm Malik Mandy Manjit Marcin Marcus Margaret Maria Marian Marie "
    "Marilyn Marion Martha Martin Mary Maryam Mason Mateusz Matilda Matthew Matt Maureen Maurice Max "
    "Maya Megan Mehmet Melanie Melissa Mia Michael Michal Michelle Mick Mike Millie Miriam Mohamed "
    "Mohammad Mohammed Moira Molly Monica Morgan Muhammad Nadia Naomi Natalie Natasha Nathan Neil "
    "Niall Niamh Nicholas Nick Nicola Nicole Nigel Nikita Nina Noah Noel Nora Norma Norman Oliver "
    "Olivia Olga Omar Oscar Owain Owen Pamela Patricia Patrick Paul Paula Pauline Pawel Penelope Peter "
    "Phil Philip Phillip Philippa Phoebe Phyllis Piotr Priya Rachel Rahul Raj Rajesh Ralph Ravi Raymond "
    "Rebecca Reece Rhian Rhiannon Rhodri Rhys Ricardo Richard Ricky Rita Robert Robin Rodney Roger Ron "
    "Ronald Rosemary Rosie Ross Roxanne Roy Ruby Russell Ruth Ryan Sabrina Saima Sally Sam Samantha "
    "Samira Samuel Sandra Sanjay Sara Sarah Scott Sean Sebastian Seren Sergio Shabana Shane Sharon "
    "Shaun Shauna Sheila Shelley Shirley Sian Simon Sioned Sofia Sonia Sophia Sophie Stacey Stan Stanley "
    "Stella Stephanie Stephen Steve Steven Stuart Sunita Susan Susie Suzanne Sylvia Tamara Tanya Tariq "
    "Tegan Terence Teresa Terry Theo Theresa Thomas Tia Tim Timothy Tina Toby Tom Tomasz Tony Tracey "
    "Tracy Trevor Tyler Valerie Vanessa Vera Veronica Vicky Victor Victoria Vijay Vincent Violet "
    "Vivian Walter Warren Wayne Wendy William Wojciech Xander Yasmin Yusuf Yvonne Zac Zack Zainab "
    "Zachary Zara Zoe Zofia"
).split()
_ALSO_WORDS = (
    "Angel April Art Bill Bob Carter Chase Chip Cliff Dan Dawn Dean Destiny Drew Faith Frank Gale "
    "Gene Grace Grant Gus Harper Harmony Hazel Hope Iris Ivy Jack Jackie Jay Joy Kit Kitty Lance Lily "
    "Lottie Mark May Melody Miles Nat Norm Paige Pat Pearl Penny Pete Poppy Ray Rich Rob Rose Rowan "
    "Roman Rory Sandy Skye Stacy Storm Sue Summer Ted Troy Val Will Willow"
).split()
_TITLE = (
    r"(?:Mr|Mrs|Ms|Miss|Mx|Master|Madam|Dr|Prof|Professor|Rev|Reverend|Imam|Father|Sister|Nurse)"
)
_RANK = (
    r"(?:(?:Special|Chief|Temporary|Acting|Detective|Police|Deputy|Assistant|Community|Support|Staff"
    r"|T/|A/)[ /])?(?:PCs?|PCSOs?|PS|DC|DS|DI|DCI|DSU|SC|Sgt|Sergeant|Insp|Inspector|Supt|Superintendent"
    r"|Constables?|Chief|Commissioner|Officers?|Ch Insp|CI|Cadet|Volunteer|Special)"
)
_SURNAME = r"(?:(?:Mc|Mac|O'|De |Van |Al-|ap |ab )?[A-Z][a-z]+(?:[-'][A-Z][a-z]+)?|[A-Z]\b\.?)"
_NOT_SURNAMES = frozenset(
    "Road Street Lane Avenue Way Close Drive Court Crescent Terrace Place Garden Gardens Grove Park "
    "School College Academy Church Chapel Centre Center Hall Hospital Station Library House Farm Day "
    "Night Green Bridge Square Market University Infirmary Cup Award Trust Foundation Team Police "
    "Christmas Bank Hotel Inn Arms Monday Tuesday Wednesday Thursday Friday Saturday Sunday January "
    "February March April May June July August September October November December".split()
)
_GIVEN = "|".join(sorted({*FIRST_NAMES, *_ALSO_WORDS}))
_FULL = re2.compile(rf"(?:^|[^A-Za-z@#])((?:(?:{_TITLE}) )?(?:{_GIVEN}) {_SURNAME})")
_TITLED = re2.compile(
    rf"(?:^|[^A-Za-z@#])({_TITLE}\.? (?:[A-Z][a-z]*\.? )?[A-Z][a-z]+(?:-[A-Z][a-z]+)?)"
)
_INITIAL = re2.compile(r"(?:^|[^A-Za-z@#.])([A-Z]\.? [A-Z][a-z]{2,}(?:-[A-Z][a-z]+)?)")
_ALONE = re2.compile(rf"(?:^|[^A-Za-z@#])({'|'.join(sorted(set(FIRST_NAMES)))})(?:$|[^A-Za-z])")
_AFTER_RANK = re2.compile(rf"(?i:\b{_RANK}) (?:[A-Z][a-z]+ )?$")
_RANK_REACH = 40


def full_names(text: str) -> Iterator[tuple[int, int]]:
    """Give where a person is named in full or by title and surname; text must be plain."""
    for pattern in (_FULL, _TITLED):
        for match in pattern.finditer(text):
            start, end = match.span(1)
            last = text[start:end].split(" ")[-1]
            if last not in _NOT_SURNAMES and not _is_officer(text, start):
                yield (start, end)


def first_names(text: str) -> Iterator[tuple[int, int]]:
    """Give where a common first name stands; text must be plain."""
    for match in _ALONE.finditer(text):
        start, end = match.span(1)
        if not _is_officer(text, start):
            yield (start, end)


def initialled_names(text: str) -> Iterator[tuple[int, int]]:
    """Give where an initial and a surname stand, as on a label: "P. Dewhurst"."""
    for match in _INITIAL.finditer(text):
        start, end = match.span(1)
        if text[start] not in "AI" and text[start:end].split(" ")[-1] not in _NOT_SURNAMES:
            yield (start, end)


def _is_officer(text: str, start: int) -> bool:
    return _AFTER_RANK.search(text[max(0, start - _RANK_REACH) : start]) is not None
