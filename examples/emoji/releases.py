"""When each emoji version was released.

A version that came with a version of the Unicode Standard has that version's release date (Unicode Consortium, "Unicode
Publication Dates", unicode.org/history/publicationdates.html): 0.6 with Unicode 6.0, 0.7 with 7.0, 1.0 with 8.0, 3.0 with 9.0,
5.0 with 10.0, and from 11.0 on the numbers agree. The four versions that came alone (2.0, 4.0, 12.1, 13.1) have the date of
their edition of the Unicode Technical Standard 51, "Unicode Emoji" (unicode.org/reports/tr51), and of its data files.
The versions 0.6 and 0.7 are names that the data files gave afterwards to what existed before emoji had versions.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

RELEASED: Mapping[str, date] = MappingProxyType(
    {
        "0.6": date(2010, 10, 11),
        "0.7": date(2014, 6, 16),
        "1.0": date(2015, 6, 17),
        "2.0": date(2015, 11, 12),
        "3.0": date(2016, 6, 21),
        "4.0": date(2016, 11, 22),
        "5.0": date(2017, 6, 20),
        "11.0": date(2018, 6, 5),
        "12.0": date(2019, 3, 5),
        "12.1": date(2019, 10, 21),
        "13.0": date(2020, 3, 10),
        "13.1": date(2020, 9, 15),
        "14.0": date(2021, 9, 14),
        "15.0": date(2022, 9, 13),
        "15.1": date(2023, 9, 12),
    }
)
