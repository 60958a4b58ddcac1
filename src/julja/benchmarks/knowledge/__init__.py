"""Knowledge: school, science and professional exams with options."""
