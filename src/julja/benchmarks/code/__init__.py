"""Writing programs: does the code pass its tests?"""
