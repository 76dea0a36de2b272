module gotmpl-reference

go 1.24
