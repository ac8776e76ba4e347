"""Graph pickles of networkx, read inertly: nothing in the file is ever executed.

`reader` is the door: it starts `child` as a process of its own with limits on memory,
time and files, and streams what comes back. In the child, `inert` builds the pickle from
the stand-ins of `stand_ins`, `shape` checks that it is a graph, `plain` turns its values
into what JSON can say, and `opcodes` lists the names that a file asks for.
"""
