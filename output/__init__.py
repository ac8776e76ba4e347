"""How anything is shown or saved: rows, files, pictures, talk."""
