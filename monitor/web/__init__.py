"""`esimmon web`: a dashboard in the browser of the person at this machine.

- `serving`: loopback sockets and the server; the only importer of uvicorn.
- `app`: which address answers what; with `guard`, the only importers of Starlette.
- `guard`: who may ask, and what a browser may do with the answer.
- `documents`: the answers, by the functions that reports are made with; `asking`: what
  an address asks for; `reader`: the database, as this user may read it.
- `opening`: a browser is shown the address without telling other users of it.
- `assets`: the page itself: HTML, CSS and scripts as they are, and the chart.
"""
