"""Why a file or a row is left out: each reason with what it is and what would do."""

ABOUT = {
    # the file
    "broken_link": "A symbolic link that leads nowhere or in a circle: mend or remove it.",
    "outside": "A link, or a row's path, that leaves data/raw: put the file itself into data/raw.",
    "linked_folder": "A symbolic link to a folder: put the folder itself into data/raw.",
    "special_file": "A pipe, a socket or a device, which has no content to read: remove it.",
    "odd_name": "The path holds a backslash or bytes that are not UTF-8, which no table can hold: rename it.",
    "no_permission": "A file or folder that this user may not read: change its permissions.",
    "missing": "The file was listed and then gone, or cannot be opened: see that nothing changes data/raw meanwhile.",
    # its content
    "empty": "The file has zero bytes: fetch it again.",
    "not_an_image": "The content is something else, whatever the name says: remove it, or fetch the image again.",
    "truncated": "The file ends before the image does: fetch it again.",
    "unreadable": "The image is damaged: fetch it again, or save it anew from a program that can open it.",
    "too_large": "More pixels than max_pixels allows, by the header: raise max_pixels if the image is real.",
    "unsupported_format": "An image in a format that is not read: save it as PNG or JPEG, or install what its line names.",
    "unsupported_depth": "Floating-point or 32-bit pixels, whose range nobody states: save it with 8 or 16 bits.",
    # its place or row
    "outside_class_folder": "The file lies above the class folders of the layout: move it into one.",
    "no_row": "The file has no row in the table: add one, or leave it out.",
    "no_file": "The row has no file: mend the path, or remove the row.",
    "duplicate_row": "Several equal rows for one file; one is used: remove the others.",
    "contradictory_rows": "Several rows say different things about one file; none is used: keep the right one.",
    # how it looks, where the check's action is `drop`
    "dark": "Even the brightest parts are dim; left out because ingest.quality.dark says drop.",
    "light": "Even the darkest parts are nearly white; left out because ingest.quality.light says drop.",
    "low_information": "Nearly one plain surface; left out because ingest.quality.low_information says drop.",
    "blurry": "Blurred at the size that a network sees; left out because ingest.quality.blurry says drop.",
    "odd_size": "Much smaller or larger than the others; left out because ingest.quality.odd_size says drop.",
    "odd_aspect_ratio": "Much longer than wide, or wider than long; left out because ingest.quality.odd_aspect_ratio says drop.",
    "grayscale": "Without colour; left out because ingest.quality.grayscale says drop.",
}
