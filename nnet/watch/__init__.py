"""Scoring pictures as they arrive in a folder, such as a line camera's; `nnet watch`.

What lies in the folder of the results:

journal.sqlite   what was decided about which picture; the one truth, and what is committed there is done
results.csv      the same as a table for people and programs, appended row by row
overlays/        the pictures with their heatmap, in the subfolders of the watched folder
status.json      what the watcher is doing: its model, its folder, how many pictures wait, what stops it
lock             held (flock) by the watcher as long as it lives, however it dies

For each picture the overlay is put in place first, then the journal commits, then the table gets its row. So a kill, a
full disk or a power cut between any two of these leaves either a picture that is scored again, with the same overlay
under the same name, or a row that is missing from the table and is added at the next chance (`nnet.watch.table`).

A picture is its name inside the folder and its content. A name that is rewritten with other content is another picture;
one that is rewritten with the same content, touched or copied back is not. A file whose content could not be read at
all (permissions, a bad disk) is named once and tried again at every look.

When is a file complete? At once if something was done to it after its last byte was written, as when it was renamed
or moved into the folder (ctime is later than mtime). Otherwise once two looks at the folder find it unchanged. Either
way it must decode; one that does not is called unreadable once it has stayed unchanged for `patience` seconds, also if
these passed before the watcher was started, and is read again whenever it changes after that.
"""
